import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/hooks/clock.ts';
import type { JournalEvent } from '../../src/journal/event.ts';
import { openJournal } from '../../src/journal/store.ts';
import { within } from '../helpers/within.ts';
import { temporaryFolder } from './temporary-folder.ts';

const WRITER = join(import.meta.dirname, 'fixtures', 'write-runs.ts');
const KILLS = 60;
/** So many starts of a process take their time on a small machine, in ms. */
const BOUND_MS = 240_000;

interface Said {
  readonly what: string;
  readonly sequence: number;
  readonly durability: string;
}

/** Starts the command, and gives every line it says to `onLine`; resolves with all of them once it has ended. */
async function linesOf(command: readonly string[], onLine: (nth: number, kill: () => void) => void = () => {}) {
  const [file = '', ...args] = command;
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: Said[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    const [what = '', sequence = '', durability = ''] = line.split(' ');
    lines.push({ what, sequence: Number(sequence), durability });
    onLine(lines.length, () => child.kill('SIGKILL'));
  });
  const closed = once(child, 'close');
  try {
    const [code] = await within('the process to end', closed);
    return { lines, code };
  } finally {
    child.kill('SIGKILL');
  }
}

async function reopen(dir: string) {
  const events: JournalEvent[] = [];
  const onEvent = (event: JournalEvent) => void events.push(event);
  const journal = await openJournal({ dir, instance: 'next', podUid: 'pod', clock: systemClock, onEvent });
  return { journal, events };
}

/** Runs the work for every number up to `count`, in four places at a time. */
async function inFourPlaces(count: number, work: (n: number, place: number) => Promise<void>): Promise<void> {
  const numbers = Array.from({ length: count }, (_, n) => n).values();
  await Promise.all(
    Array.from({ length: 4 }, async (_, place) => {
      for (const n of numbers) await work(n, place);
    }),
  );
}

describe('a process that writes its journal', () => {
  it(
    `and is killed at ${KILLS} moments never leaves an unreadable one, debris, or less than it was told is durable`,
    async () => {
      await using dir = await temporaryFolder();
      const left = new Set<string>();
      await inFourPlaces(KILLS, async (n, place) => {
        const path = join(dir.path, String(place));
        const killAfter = 1 + ((n * 7) % 45);
        const { lines } = await linesOf([process.execPath, WRITER, path], (nth, kill) => {
          if (nth !== killAfter) return;
          // A write takes a few turns of the loop; this spreads the kills over them.
          let turns = n % 6;
          const turn = () => (turns-- > 0 ? setImmediate(turn) : kill());
          turn();
        });
        for (const name of await readdir(path)) left.add(name);

        const { journal, events } = await reopen(path);
        expect(events.filter(({ type }) => type !== 'opened' && type !== 'written')).toEqual([]);
        expect(await readdir(path)).toEqual(['journal.json']);
        const last = lines.at(-1);
        const found = journal.all().find(({ sequence }) => sequence === last?.sequence);
        expect(['ended', last?.what === 'claimed' ? 'interrupted' : 'ended']).toContain(found?.state);
        expect(journal.all().some((run) => run.state === 'running')).toBe(false);
      });
      // The control: kills did come in the middle of a write.
      expect([...left]).toContain('.journal.json.tmp');
    },
    BOUND_MS,
  );

  it('that may not write more than a few blocks goes on from memory, and leaves the last journal that fitted', async () => {
    await using dir = await temporaryFolder();
    const limited = ['sh', '-c', 'ulimit -f 64; exec "$0" "$@"', process.execPath, WRITER, dir.path, '10'];
    const { lines, code } = await linesOf(limited);
    expect(code).toBe(0);
    expect(lines).toHaveLength(20);
    const durable = lines.filter(({ durability }) => durability === 'durable');
    expect(durable.length).toBeGreaterThan(1);
    expect(lines.at(-1)).toEqual({ what: 'ended', sequence: 10, durability: 'degraded' });
    expect(await readdir(dir.path)).toEqual(['journal.json']);

    const { journal, events } = await reopen(dir.path);
    expect(events.map(({ type }) => type)).toEqual(['written', 'opened']);
    expect(journal.all().at(-1)?.sequence).toBe(durable.at(-1)?.sequence);
  });
});
