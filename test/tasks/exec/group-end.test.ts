import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Clock, systemClock } from '../../../src/hooks/clock.ts';
import { type AttemptContext, Stop } from '../../../src/hooks/task.ts';
import { endGroup } from '../../../src/tasks/exec/group-end.ts';
import type { OwnProcess } from '../../../src/tasks/exec/own-processes.ts';
import { Kills, ProcessGroup } from '../../../src/tasks/exec/process-group.ts';
import { createProcessLooks, type ProcessLooks } from '../../../src/tasks/exec/process-looks.ts';
import { type ManualClock, manualClock } from '../../helpers/manual-clock.ts';
import { within } from '../../helpers/within.ts';

/** No machine gives such PIDs: a signal to one goes nowhere. */
const FIRST_LEADER = 2 ** 22 + 1;

function processOf(pid: number, group = pid): OwnProcess {
  return { pid, parent: 1, group, name: 'stubborn', startTime: 1, marks: '' };
}

interface Ending {
  readonly leader: number;
  readonly looks: ProcessLooks;
  readonly clock: Clock;
  readonly stopMs: number;
  /** Default: it has exited. */
  readonly exited?: AbortSignal;
}

/** Ends a group that was told to stop; what was noted. */
async function end({ leader, looks, clock, stopMs, exited = AbortSignal.abort() }: Ending): Promise<string[]> {
  const lines: string[] = [];
  const attempt: AttemptContext = {
    hook: 'preStop',
    container: 'app',
    run: 'r',
    task: 't',
    attempt: 1,
    rerun: false,
    reason: () => undefined,
    deadlineEpochMs: () => 0,
    remainingMs: () => 0,
    signal: AbortSignal.abort(new Stop('ran out of its timeout of 1 s', false)),
    stopMs: () => stopMs,
    clock,
    captured: new Map(),
    traceparent: '',
    figure() {},
    progress() {},
    output: (line) => void lines.push(line),
  };
  await endGroup(new ProcessGroup(leader, ['HOOKKEEPER_RUN=r'], looks), { exited, stopped: true, attempt });
  return lines;
}

/** Lets time go by until `work` is over; how much of it went. */
async function timeFor(clock: ManualClock, work: Promise<unknown>): Promise<number> {
  let over = false;
  const startedMs = clock.monotonicMs();
  const ended = work.finally(() => {
    over = true;
  });
  while (!over) {
    clock.advance(1);
    await new Promise(setImmediate);
  }
  await ended;
  return clock.monotonicMs() - startedMs;
}

/** A shell that is stopped in the middle of a vfork shows D: it waits for its child, which is stopped before its exec. */
function isStopped(pid: number): boolean {
  return /\nState:\t[TD]/.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
}

describe('the end of a group', () => {
  it('reads /proc as often for fifty groups as for one', async () => {
    const looksFor = async (groups: number) => {
      const clock = manualClock();
      const leaders = Array.from({ length: groups }, (_, index) => FIRST_LEADER + index);
      let looked = 0;
      const list = () => {
        looked += 1;
        return leaders.map((leader) => processOf(leader));
      };
      const looks = createProcessLooks({ clock, list });
      const ends = Promise.all(leaders.map((leader) => end({ leader, looks, clock, stopMs: 100 })));
      await timeFor(clock, ends);
      const notes = (await ends).map((lines) => lines.at(-1));
      expect(notes).toEqual(
        leaders.map((pid) => `hookkeeper: goes on although SIGKILL did not end: stubborn (PID ${pid})`),
      );
      return looked;
    };
    const one = await looksFor(1);
    expect(one).toBeGreaterThan(10);
    expect(await looksFor(50)).toBe(one);
  });

  it('does not pause while there is always something new', async () => {
    const clock = manualClock();
    const generations = Array.from({ length: 40 }, (_, index) => [processOf(FIRST_LEADER + index, FIRST_LEADER)]);
    const looks = createProcessLooks({ clock, list: () => generations.shift() ?? [] });
    const ended = end({ leader: FIRST_LEADER, looks, clock, stopMs: 0 });
    // With pauses between its forty looks it would be more than a second.
    expect(await timeFor(clock, ended)).toBeLessThan(100);
    expect(await ended).toEqual([]);
    expect(generations).toEqual([]);
  });

  /** Has left the group, and is just starting a program. */
  const unsure: OwnProcess = { ...processOf(FIRST_LEADER + 7), unsure: true };

  it('takes no look for a proof that saw somebody start a program: it may turn out to be of the command', async () => {
    const clock = manualClock();
    const ours = { ...processOf(FIRST_LEADER + 7), marks: '\0HOOKKEEPER_RUN=r\0' };
    let looked = 0;
    const looks = createProcessLooks({ clock, list: () => (looked++ === 0 ? [unsure] : [ours]) });
    const ended = end({ leader: FIRST_LEADER, looks, clock, stopMs: 50 });
    await timeFor(clock, ended);
    expect((await ended)[0]).toMatch(/^hookkeeper: sends SIGKILL to what did not end .*: stubborn \(PID 4194312\)$/);
  });

  it('is said where no look proves it, as where others start programs all the time', async () => {
    const clock = manualClock();
    const looks = createProcessLooks({ clock, list: () => [unsure] });
    const ended = end({ leader: FIRST_LEADER, looks, clock, stopMs: 5000 });
    const tookMs = await timeFor(clock, ended);
    expect(tookMs).toBeGreaterThan(100);
    expect(tookMs).toBeLessThan(500);
    expect(await ended).toEqual([]);
  });

  describe('while somebody starts a program or leaves the group', () => {
    /** A process of its own session that says how it ends. */
    async function another() {
      const child = spawn('sh', ['-c', 'trap "exit 7" TERM; echo ready; while :; do sleep 0.01; done'], {
        detached: true,
      });
      onTestFinished(() => void child.kill('SIGKILL'));
      const exited = new AbortController();
      const code = once(child, 'exit').then(([exit]) => {
        exited.abort();
        return exit;
      });
      await within('its start', once(child.stdout, 'data'));
      return { pid: child.pid ?? FIRST_LEADER, exited: exited.signal, code };
    }
    const MARKED = '\0HOOKKEEPER_RUN=r\0';

    /** Ends a group of which the n-th look sees `list(n)`; holds that `late` got SIGTERM, and that its end was waited for. */
    async function expectEnd(late: Awaited<ReturnType<typeof another>>, list: (nth: number) => OwnProcess[]) {
      let looked = 0;
      const looks = createProcessLooks({
        clock: systemClock,
        list() {
          looked += 1;
          return late.exited.aborted ? [] : list(looked);
        },
      });
      const ended = end({ leader: FIRST_LEADER, looks, clock: systemClock, stopMs: 3_600_000, exited: late.exited });
      expect(await within('its end', late.code)).toBe(7);
      expect(await within('the end of the group', ended)).toEqual([]);
    }

    it('gives SIGTERM to one that was hidden when the others got theirs, though the command itself waits for it', async () => {
      const late = await another();
      await expectEnd(late, (nth) => {
        const hidden = nth <= 2 ? ({ unsure: true } as const) : { marks: MARKED };
        return [processOf(FIRST_LEADER), { ...processOf(late.pid), ...hidden }];
      });
    });

    it('gives SIGTERM to one that left its group between the look and the signal', async () => {
      const late = await another();
      await expectEnd(late, (nth) => [{ ...processOf(late.pid, nth === 1 ? FIRST_LEADER : late.pid), marks: MARKED }]);
    });

    it('gives none to what was started after that, as a trap that cleans up does', async () => {
      const later = await another();
      const clock = manualClock();
      let looked = 0;
      const looks = createProcessLooks({
        clock,
        list() {
          looked += 1;
          const cleaning = { ...processOf(later.pid), marks: MARKED };
          return [
            processOf(FIRST_LEADER),
            ...(looked === 1 ? [{ ...processOf(FIRST_LEADER + 9), unsure: true } as const] : [cleaning]),
          ];
        },
      });
      const ended = end({ leader: FIRST_LEADER, looks, clock, stopMs: 300 });
      await timeFor(clock, ended);
      expect(looked).toBeGreaterThan(3);
      // Its first signal was SIGKILL.
      expect(await within('its end', later.code)).toBe(null);
    });

    it('looks again before SIGTERM where somebody ended meanwhile, who may have started one that was not seen', async () => {
      const late = await another();
      const lists = [
        [processOf(FIRST_LEADER), { ...processOf(FIRST_LEADER + 9), startTime: -1, unsure: true } as const],
      ];
      const looks = createProcessLooks({
        clock: systemClock,
        list: () => lists.shift() ?? (late.exited.aborted ? [] : [{ ...processOf(late.pid), marks: MARKED }]),
      });
      const ended = end({ leader: FIRST_LEADER, looks, clock: systemClock, stopMs: 3_600_000 });
      expect(await within('its end', late.code)).toBe(7);
      expect(await within('the end of the group', ended)).toEqual([]);
    });
  });

  it.each([
    ['at once', 0, 1],
    ['after its grace', 50, 2],
  ])('is frozen when it is looked at for its SIGKILL: %s', async (_what, stopMs, lookForKill) => {
    const child = spawn('sh', ['-c', 'trap "" TERM; echo ready; while :; do sleep 0.01; done'], { detached: true });
    const leader = child.pid ?? FIRST_LEADER;
    onTestFinished(() => void child.kill('SIGKILL'));
    const exited = new AbortController();
    child.once('exit', () => exited.abort());
    await within('its start', once(child.stdout, 'data'));
    let looked = 0;
    let frozen = false;
    const list = () => {
      looked += 1;
      const lateMs = performance.now() + 5000;
      while (looked === lookForKill && !frozen && performance.now() < lateMs) frozen = isStopped(leader);
      return exited.signal.aborted ? [] : [processOf(leader)];
    };
    const looks = createProcessLooks({ clock: systemClock, list });
    await within('its end', end({ leader, looks, clock: systemClock, stopMs, exited: exited.signal }));
    expect(frozen).toBe(true);
    expect(child.signalCode).toBe('SIGKILL');
  });
});

describe('kills', () => {
  it('tell what is new from what has had its SIGKILL', () => {
    const kills = new Kills();
    const [one, other] = [processOf(FIRST_LEADER), processOf(FIRST_LEADER + 1)];
    expect(kills.send([one])).toBe(true);
    expect(kills.send([one])).toBe(false);
    expect(kills.send([one, other])).toBe(true);
    expect(kills.send([{ ...one, startTime: 2 }])).toBe(true);
    expect(kills.send([])).toBe(false);
  });
});
