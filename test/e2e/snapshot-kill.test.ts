import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startChild } from '../../src/rehearse/child.ts';
import { within } from '../helpers/within.ts';
import { type Stage, stage } from '../tasks/snapshot/stage.ts';
import { treeOf } from '../tasks/snapshot/trees.ts';
import { buildLoop } from './snapshot-loop.ts';

const KILLS = 100;

type Step = 'take' | 'restore';

function startLoop(loop: string, { source, destination, to }: Stage, times: string) {
  const child = startChild(process.execPath, [loop, source, destination, to, times], { PATH: process.env['PATH'] });
  onTestFinished(() => child.kill('SIGKILL'));
  return child;
}

/** How long each step lasts on this machine, in ms: a kill comes at any part of it. */
async function lastsMs(loop: string, on: Stage): Promise<Record<Step, number>> {
  const child = startLoop(loop, on, '1');
  const atMs: number[] = [];
  child.onLine(() => void atMs.push(performance.now()));
  await within('one snapshot and its restore', child.exited);
  const [takeMs = 0, takenMs = 0, restoreMs = 0, restoredMs = 0] = atMs;
  expect(atMs).toHaveLength(4);
  return { take: takenMs - takeMs, restore: restoredMs - restoreMs };
}

/** Starts the loop, waits for a step and then for some time, and kills it. Gives the step it was killed in. */
async function killSomewhere(loop: string, on: Stage, step: Step, longestMs: number): Promise<string> {
  const child = startLoop(loop, on, 'Infinity');
  const begun = Promise.withResolvers<void>();
  child.onLine((line) => {
    if (line.startsWith(`${step} `)) begun.resolve();
  });
  await within(`the first ${step} to begin`, Promise.race([begun.promise, child.exited]));
  await pause(Math.random() * longestMs);
  child.kill('SIGKILL');
  expect(await child.exited).toEqual({ code: null, signal: 'SIGKILL' });
  const steps = child.lines().filter((line) => /^(take|restore) \d+$/.test(line));
  return steps.at(-1)?.split(' ')[0] ?? '';
}

/** The folder is whole: as one snapshot has it, or marked as not yet restored, by what the next restore takes back. */
function checkRestored(on: Stage): 'whole' | 'marked' | 'empty' {
  const names = readdirSync(on.to, { encoding: 'utf8' });
  if (names.some((name) => /^\.hookkeeper-restore~.*\.staging\.tmp$/.test(name))) return 'marked';
  const own = names.filter((name) => !name.startsWith('.hookkeeper-restore~'));
  if (own.length === 0) return 'empty';
  const { size } = statSync(join(on.to, 'growing'));
  expect(own.toSorted()).toEqual(['folder', 'growing', 'large']);
  expect(readFileSync(join(on.to, 'large')).equals(readFileSync(join(on.source, 'large')))).toBe(true);
  expect(readdirSync(join(on.to, 'folder'))).toHaveLength(50);
  expect(size).toBeLessThanOrEqual(statSync(join(on.source, 'growing')).size);
  return 'whole';
}

describe('kill -9', () => {
  it('at any moment of a snapshot or a restore loses nothing, and the next run clears up', async () => {
    const [on, loop] = [await stage(), await buildLoop()];
    mkdirSync(on.to);
    mkdirSync(join(on.source, 'folder'));
    writeFileSync(join(on.source, 'large'), randomBytes(2_500_000));
    writeFileSync(join(on.source, 'growing'), '');
    for (let index = 0; index < 50; index += 1)
      writeFileSync(join(on.source, 'folder', `f${index}`), randomBytes(1000));

    await on.take({ format: 'tar' });
    const longestMs = await lastsMs(loop, on);
    const killedIn = new Map<string, number>();
    const debrisLeft = new Map<string, number>();
    let lastBytes = 0;
    for (let kill = 0; kill < KILLS; kill += 1) {
      const aim = kill % 2 === 0 ? 'take' : 'restore';
      const step = await killSomewhere(loop, on, aim, longestMs[aim]);
      killedIn.set(step, (killedIn.get(step) ?? 0) + 1);
      const state = checkRestored(on);
      debrisLeft.set(state, (debrisLeft.get(state) ?? 0) + 1);
      if (on.files().some((file) => file.endsWith('.tmp'))) debrisLeft.set('tmp', (debrisLeft.get('tmp') ?? 0) + 1);

      const damages = await on.damages();
      expect(damages.length).toBeGreaterThan(0);
      expect(damages.filter((damage) => damage !== undefined)).toEqual([]);
      const latest = readFileSync(join(on.destination, 'app.latest'), 'utf8').trim();
      expect(on.archives()).toContain(latest);
      const { size } = statSync(join(on.destination, latest));
      expect(size).toBeGreaterThanOrEqual(lastBytes);
      lastBytes = size;
    }
    // The kills were where they hurt, or this shows nothing.
    expect(killedIn.get('take')).toBeGreaterThan(5);
    expect(killedIn.get('restore')).toBeGreaterThan(5);
    expect(debrisLeft.get('tmp')).toBeGreaterThan(5);
    expect(debrisLeft.get('marked')).toBeGreaterThan(5);

    expect(await on.take({ format: 'tar', keep: 2 })).toMatchObject({ kind: 'taken' });
    const [first = '', second = ''] = on.archives();
    const whole = [first, second].flatMap((archive) => [archive, `${archive}.json`, `${archive}.sha256`]);
    expect(on.files()).toEqual([...whole, 'app.latest']);
    expect(await on.restore({ overwrite: true })).toMatchObject({ kind: 'restored', restored: { kind: 'restored' } });
    expect(treeOf(on.to)).toEqual(treeOf(on.source));
  }, 300_000);
});
