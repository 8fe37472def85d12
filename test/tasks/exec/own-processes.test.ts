import { describe, expect, it } from 'vitest';
import type { GroupedProcess } from '../../../src/proc/process-table.ts';
import { createProcessList, ownedBy, type ProcessReader } from '../../../src/tasks/exec/own-processes.ts';
import { actionOf, begin } from '../attempt.ts';

interface FakeProcess {
  readonly group?: number;
  readonly startTime?: number;
  /** Undefined: not ours to read. */
  readonly environment?: string | undefined;
  /** It is listed, and gone when it is looked at. */
  readonly gone?: boolean;
}

/** A machine with these processes by their PIDs, and the PIDs whose environment was read. */
function machine(processes: Map<number, FakeProcess>) {
  const read: number[] = [];
  const reader: ProcessReader = {
    listPids: () => [...processes.keys()],
    processAt(pid): GroupedProcess | undefined {
      const found = processes.get(pid);
      if (found?.gone === true) return undefined;
      return found && { pid, parent: 1, name: 'x', group: found.group ?? pid, startTime: found.startTime ?? pid };
    },
    environmentOf(pid) {
      read.push(pid);
      return processes.get(pid)?.environment;
    },
  };
  return { list: createProcessList(reader), read };
}

const OURS = 'A=1\0HOOKKEEPER_RUN=r-1\0HOOKKEEPER_TASK=flush\0B=2\0';
const MARKS = ['HOOKKEEPER_RUN=r-1', 'HOOKKEEPER_TASK=flush'];

describe('the processes of a command', () => {
  const environments: [string, string | undefined, boolean][] = [
    ['with all marks', OURS, true],
    ['with all marks alone', 'HOOKKEEPER_RUN=r-1\0HOOKKEEPER_TASK=flush\0', true],
    ['of another run', OURS.replace('r-1', 'r-12'), false],
    ['of another task', OURS.replace('flush', 'flush-all'), false],
    ['with one mark alone', 'HOOKKEEPER_RUN=r-1\0', false],
    ['with the marks inside another value', 'A=HOOKKEEPER_RUN=r-1\0B=HOOKKEEPER_TASK=flush\0', false],
    ['without marks', 'A=1\0', false],
    ['that cannot be read', undefined, false],
  ];
  it.each(environments)('are found outside its group by their environment: %s', (_what, environment, ours) => {
    const { list } = machine(new Map([[20, { environment }]]));
    const found = ownedBy(list(new Set([10])) ?? [], 10, MARKS);
    expect(found.map(({ pid }) => pid)).toEqual(ours ? [20] : []);
  });

  it('are found in its group without a look at their environment', () => {
    const { list, read } = machine(
      new Map([
        [10, {}],
        [11, { group: 10 }],
        [21, { group: 20 }],
      ]),
    );
    const seen = list(new Set([10, 20])) ?? [];
    expect(ownedBy(seen, 10, MARKS).map(({ pid }) => pid)).toEqual([10, 11]);
    expect(read).toEqual([]);
  });

  it('have their environment read once, and stay what they were', () => {
    const processes = new Map<number, FakeProcess>([
      [20, { environment: OURS }],
      [21, { environment: 'A=1\0' }],
    ]);
    const { list, read } = machine(processes);
    list(new Set([10]));
    processes.set(20, { environment: 'CLEAN=1\0' });
    expect(ownedBy(list(new Set([10])) ?? [], 10, MARKS)).toHaveLength(1);
    expect(read).toEqual([20, 21]);
  });

  it('are looked at anew where a PID has another process', () => {
    const processes = new Map<number, FakeProcess>([[20, { startTime: 5, environment: OURS }]]);
    const { list } = machine(processes);
    list(new Set([10]));
    processes.set(20, { startTime: 6, environment: 'A=1\0' });
    expect(ownedBy(list(new Set([10])) ?? [], 10, MARKS)).toEqual([]);
  });

  it('are forgotten when they are gone', () => {
    const processes = new Map<number, FakeProcess>([[20, { environment: OURS }]]);
    const { list, read } = machine(processes);
    list(new Set([10]));
    processes.clear();
    list(new Set([10]));
    processes.set(20, { environment: OURS });
    list(new Set([10]));
    expect(read).toEqual([20, 20]);
  });

  it('are looked at again where the environment was hidden, as while a program is started', () => {
    const processes = new Map<number, FakeProcess>([[20, { environment: '' }]]);
    const { list } = machine(processes);
    list(new Set([10]));
    processes.set(20, { environment: OURS });
    expect(ownedBy(list(new Set([10])) ?? [], 10, MARKS)).toHaveLength(1);
  });

  const unsureOf = (seen: ReturnType<ReturnType<typeof machine>['list']>) =>
    (seen ?? []).filter(({ unsure }) => unsure).map(({ pid }) => pid);

  it('may be one that is just starting a program: for as long as that can take, a look is unsure', () => {
    const { list } = machine(new Map([[20, { environment: '' }]]));
    const looks = Array.from({ length: 12 }, () => unsureOf(list(new Set([10]))));
    expect(looks).toEqual([...Array.from({ length: 9 }, () => [20]), [], [], []]);
  });

  it('may have been started by one that ended while it was looked at: that look is unsure, and the next is not', () => {
    const { list } = machine(new Map([[20, { gone: true }]]));
    expect(unsureOf(list(new Set([10])))).toEqual([20]);
    expect(unsureOf(list(new Set([10])))).toEqual([]);
  });

  it('are another where the PID of one that was gone comes again', () => {
    const processes = new Map<number, FakeProcess>([[20, { gone: true }]]);
    const { list } = machine(processes);
    list(new Set([10]));
    processes.set(20, { environment: OURS });
    expect(ownedBy(list(new Set([10])) ?? [], 10, MARKS)).toHaveLength(1);
  });

  it.each([
    ['of another user, whose environment is not ours to read', { environment: undefined }],
    ['with an environment', { environment: 'A=1\0' }],
    ['in a group of ours', { group: 10, environment: '' }],
  ])('leave no doubt: one %s', (_which, process) => {
    const { list } = machine(new Map([[20, process]]));
    expect(unsureOf(list(new Set([10])))).toEqual([]);
  });

  it('leave no doubt where one that was known has ended', () => {
    const processes = new Map<number, FakeProcess>([[20, { environment: 'A=1\0' }]]);
    const { list } = machine(processes);
    list(new Set([10]));
    processes.set(20, { gone: true });
    expect(unsureOf(list(new Set([10])))).toEqual([]);
  });

  it('may have a lower PID than the leader, as the counter of PIDs begins anew', () => {
    const { list } = machine(new Map([[20, { environment: OURS }]]));
    const seen = list(new Set([500, 600])) ?? [];
    expect(ownedBy(seen, 500, MARKS).map(({ pid }) => pid)).toEqual([20]);
  });

  it('cannot be listed where there is no /proc', () => {
    const broken = () => {
      throw new Error('ENOENT');
    };
    const { list } = machine(new Map());
    expect(list(new Set([10]))).toEqual([]);
    const reader = { listPids: broken, processAt: () => undefined, environmentOf: () => '' };
    expect(createProcessList(reader)(new Set([10]))).toBeUndefined();
  });

  it('are found on this machine, though their PIDs are below the leader', async () => {
    const running = begin(actionOf('exec', { shell: 'echo $$; exec sleep 1000' }));
    const pid = Number(await running.printed(''));
    const beyond = 2 ** 22 + 1;
    const seen = createProcessList()(new Set([beyond])) ?? [];
    const found = ownedBy(seen, beyond, [`HOOKKEEPER_RUN=${running.run}`, 'HOOKKEEPER_TASK=flush']);
    expect(found).toMatchObject([{ pid, group: pid }]);
    expect(ownedBy(seen, beyond, [`HOOKKEEPER_RUN=${running.run}`, 'HOOKKEEPER_TASK=other'])).toEqual([]);
    running.stop();
    await running.result;
  });
});
