import { EventEmitter } from 'node:events';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { endOnSignals } from '../../src/cli/ending.ts';
import type { LifecycleConfig } from '../../src/config/config.ts';
import type { AppPresence } from '../../src/hooks/app-presence.ts';
import { systemClock, wait } from '../../src/hooks/clock.ts';
import type { Delivery } from '../../src/hooks/delivery.ts';
import type { RunRecord } from '../../src/journal/entry.ts';
import { ended, interrupted } from '../hooks/records.ts';
import { driveTime, hook, memoryJournal, stage, steps, takes, task, told, untilStopped } from '../hooks/stage.ts';

beforeEach(driveTime);
afterEach(() => {
  vi.useRealTimers();
});

/** Where `driveTime` begins. */
const NOW_MS = 1_800_000_000_000;

type Kind = AppPresence['kind'];

interface Setting {
  readonly presence?: Kind;
  readonly lifecycle?: Partial<LifecycleConfig>;
  readonly terminal?: boolean;
  readonly last?: Parameters<typeof task>[1];
  /** The one task of its postStart. Default: it has none. */
  readonly start?: Parameters<typeof task>[1];
  /** What an earlier process has left in the journal of a container without a postStart. Default: it has one, which came. */
  readonly left?: RunRecord[];
  /** How long each look at the app takes, in ms. */
  readonly lookMs?: number;
  /** Whether the app is seen in another life than that of the last run. */
  readonly otherLife?: boolean;
}

/** A service with one preStop task, and a last one that needs no preStop; its signals, and the exit code once it is known. */
async function service(
  run: Parameters<typeof task>[1],
  {
    presence = 'alive',
    lifecycle = {},
    terminal = false,
    last,
    start,
    left,
    otherLife = false,
    lookMs = 0,
  }: Setting = {},
) {
  const signals = new EventEmitter();
  const lastTask = last === undefined ? [] : [task('last', last, { alsoWithoutHook: true })];
  const postStart = hook(start === undefined ? [] : steps(task('start', start)));
  const { deliveries, config, memory } = stage(
    { ...(left === undefined ? { postStart } : {}), preStop: hook(steps(task('drain', run), ...lastTask)) },
    memoryJournal(left),
  );
  const lines: string[] = [];
  const reload = vi.fn();
  let app: Kind = presence;
  let containers = config.containers;
  const ending = endOnSignals({
    deliveries,
    logger: pino({ level: 'info' }, { write: (line) => void lines.push(line) }),
    clock: systemClock,
    signals,
    config: () => ({ ...config, containers, lifecycle: { ...config.lifecycle, ...lifecycle } }),
    journal: memory.journal,
    watch: {
      async look(_container, signal) {
        if (lookMs > 0) await wait(systemClock, lookMs, signal);
        return { kind: app, why: 'a test says so', ...(app === 'alive' ? { otherLife } : {}) };
      },
    },
    reload,
    terminal,
  });
  const over = vi.fn();
  void ending.over.then(over);
  const deliver = (name: Delivery['hook']) =>
    ending.deliver({ hook: name, container: 'app', caller: 'kubelet', key: undefined, atMs: Date.now() });
  if (start === undefined && left === undefined) await deliver('postStart');
  const see = (kind: Kind) => {
    app = kind;
  };
  /** As a reload does, which reaches no manifest. */
  const addPostStart = () => {
    containers = new Map([...containers].map(([name, container]) => [name, { ...container, postStart: hook([]) }]));
  };
  return { signals, deliver, ending, over, reload, see, memory, addPostStart, log: () => lines.join('') };
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe('on SIGTERM', () => {
  it('a service whose life is closed ends at once, with 0, and says what told it to', async () => {
    const { signals, deliver, over, ending, log } = await service(takes(0));
    const preStop = deliver('preStop');
    await pass(1);
    await preStop;
    signals.emit('SIGTERM');
    await pass(0);
    expect(over).toHaveBeenCalledWith(0);
    expect(ending.current()).toMatchObject({ state: 'stopping' });
    expect(log()).toMatch(/"signal":"SIGTERM",.*"msg":"ends after SIGTERM: nothing is left to do"/);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('a preStop that has not come is waited for, run, and its end is the end of the service', async () => {
    const { signals, deliver, over, ending } = await service(takes(1000));
    signals.emit('SIGTERM');
    await pass(24_000);
    expect(ending.current()).toMatchObject({ state: 'awaiting', containers: ['app'] });
    const preStop = deliver('preStop');
    await pass(999);
    expect(over).not.toHaveBeenCalled();
    await pass(1);
    expect(told(await preStop)).toMatchObject({ delivery: 'executed', outcome: 'succeeded' });
    expect(over).toHaveBeenCalledWith(0);
  });

  it.each([
    ['ended', ended('preStop', { incarnation: 'a', sequence: 1, atMs: NOW_MS - 1000 })],
    [
      'was interrupted with its sidecar',
      interrupted('preStop', { incarnation: 'a', sequence: 1, atMs: NOW_MS - 1000 }),
    ],
    ['ended before the clock was set back', ended('preStop', { incarnation: 'a', sequence: 1, atMs: NOW_MS + 1000 })],
  ])(
    'one of an app without a postStart, which came back after its last preStop %s, is waited for',
    async (_how, run) => {
      const { signals, ending } = await service(takes(1000), { left: [run], otherLife: true });
      signals.emit('SIGTERM');
      await pass(20);
      expect(ending.current()).toMatchObject({ state: 'awaiting', containers: ['app'] });
    },
  );

  it('one of a pod that sends no postStart is waited for, although a reload has added one to the config', async () => {
    const left = [ended('preStop', { incarnation: 'a', sequence: 1, atMs: NOW_MS - 60_001 })];
    const { signals, ending, addPostStart } = await service(takes(1000), { left });
    addPostStart();
    signals.emit('SIGTERM');
    await pass(20);
    expect(ending.current()).toMatchObject({ state: 'awaiting', containers: ['app'] });
  });

  it('one that never comes is given up when the working time is over, and that is said', async () => {
    const { signals, over, log } = await service(takes(1000));
    signals.emit('SIGTERM');
    await pass(24_999);
    expect(over).not.toHaveBeenCalled();
    await pass(1);
    expect(over).toHaveBeenCalledWith(0);
    expect(log()).toContain('no preStop came, and none is waited for any longer: the app is there, a test says so');
  });

  it('an app that ends meanwhile is not waited for', async () => {
    const { signals, over, see } = await service(takes(1000));
    signals.emit('SIGTERM');
    await pass(8000);
    see('gone');
    await pass(250);
    expect(over).toHaveBeenCalledWith(0);
  });

  it('a run is finished first, and deliveries are served meanwhile', async () => {
    const { signals, deliver, over, ending } = await service(takes(1000));
    void deliver('preStop');
    await pass(500);
    signals.emit('SIGTERM');
    await pass(499);
    expect(ending.current()).toMatchObject({ state: 'finishing', signal: 'SIGTERM' });
    expect(over).not.toHaveBeenCalled();
    const second = deliver('preStop');
    await pass(1);
    expect(await second).toMatchObject({ kind: 'ended', delivery: 'joined' });
    expect(over).toHaveBeenCalledWith(0);
  });

  it('a second signal ends it at once with 1, and what runs is broken off', async () => {
    const { signals, deliver, over } = await service(untilStopped);
    const delivery = deliver('preStop');
    await pass(500);
    signals.emit('SIGTERM');
    signals.emit('SIGINT');
    await pass(0);
    expect(await delivery).toMatchObject({ kind: 'refused' });
    expect(over.mock.calls).toEqual([[1]]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('a task that does not let itself be broken off is not waited for', async () => {
    const { signals, deliver, over } = await service(() => new Promise(() => {}));
    void deliver('preStop');
    await pass(0);
    signals.emit('SIGTERM');
    signals.emit('SIGTERM');
    await pass(500);
    expect(over).toHaveBeenCalledWith(1);
  });
});

describe('where no preStop comes', () => {
  it.each([
    ['the config had no postStart at the start', 'unknown', { left: [] as RunRecord[] }],
    ['its app is seen to be gone', 'gone', { start: takes(0) }],
  ] as const)('tasks with alsoWithoutHook run where no hook ever came, and %s', async (_, presence, setting) => {
    const last = vi.fn(takes(0));
    const lifecycle = { sidecar: 'native' } as const;
    const { signals, over, addPostStart } = await service(takes(0), { lifecycle, last, presence, ...setting });
    addPostStart();
    signals.emit('SIGTERM');
    await pass(50);
    expect(last).toHaveBeenCalledTimes(1);
    expect(over).toHaveBeenCalledWith(0);
  });

  it('tasks with alsoWithoutHook run once the app is gone, the others are skipped with the reason', async () => {
    const last = vi.fn(takes(300));
    const { signals, over, memory, log } = await service(takes(1000), { presence: 'gone', last });
    signals.emit('SIGTERM');
    await pass(1999);
    expect(last).not.toHaveBeenCalled();
    await pass(251);
    expect(last).toHaveBeenCalledTimes(1);
    expect(over).not.toHaveBeenCalled();
    await pass(300);
    expect(over).toHaveBeenCalledWith(0);
    const run = memory.committed().at(-1);
    expect(run).toMatchObject({ hook: 'preStop', incarnation: { id: 'life-1' }, outcome: 'succeeded' });
    expect(run?.tasks).toMatchObject([
      { name: 'drain', outcome: 'skipped', reason: expect.stringContaining('the app ended without one') },
      { name: 'last', outcome: 'succeeded' },
    ]);
    expect(log()).toContain('no preStop came, and its tasks with alsoWithoutHook are run');
  });

  it('preStops that come after all join that run, and then have its other tasks run, once', async () => {
    const [drain, last] = [vi.fn(takes(1000)), vi.fn(takes(300))];
    const { signals, deliver, over, memory } = await service(drain, { presence: 'gone', last });
    signals.emit('SIGTERM');
    await pass(2100);
    const late = [deliver('preStop'), deliver('preStop')];
    await pass(1100);
    expect(over).not.toHaveBeenCalled();
    await pass(300);
    expect((await Promise.all(late)).map(told)).toMatchObject([
      { delivery: 'resumed', outcome: 'succeeded', tasks: ['drain succeeded', 'last succeeded'] },
      { delivery: 'joined', outcome: 'succeeded', tasks: ['drain succeeded', 'last succeeded'] },
    ]);
    expect([drain, last].map(({ mock }) => mock.calls.length)).toEqual([1, 1]);
    expect(memory.committed().at(-1)).toMatchObject({ deliveries: 2 });
    expect(over).toHaveBeenCalledWith(0);
  });

  it.each(['gone', 'unknown'] as const)(
    'as a native sidecar they run at once, where the app is %s',
    async (presence) => {
      const last = vi.fn(takes(300));
      const { signals, over, memory } = await service(takes(1000), {
        presence,
        lifecycle: { sidecar: 'native' },
        last,
      });
      signals.emit('SIGTERM');
      await pass(0);
      expect(last).toHaveBeenCalledTimes(1);
      await pass(300);
      expect(over).toHaveBeenCalledWith(0);
      expect(memory.committed().at(-1)).toMatchObject({ hook: 'preStop', deliveries: 0 });
    },
  );

  it('as a native sidecar they do not run while a postStart does: no pod ends then, but this sidecar alone', async () => {
    const last = vi.fn(takes(300));
    const setting = { presence: 'unknown', lifecycle: { sidecar: 'native' }, last, start: takes(20_000) } as const;
    const { signals, deliver, over } = await service(takes(1000), setting);
    const start = deliver('postStart');
    await pass(1);
    signals.emit('SIGTERM');
    await pass(19_998);
    expect(over).not.toHaveBeenCalled();
    await pass(1);
    expect(told(await start)).toMatchObject({ outcome: 'succeeded' });
    expect(over).toHaveBeenCalledWith(0);
    expect(last).not.toHaveBeenCalled();
  });

  it('as a native sidecar they do not run while the app is there, but when it goes within what is left', async () => {
    const lifecycle = { sidecar: 'native' } as const;
    const stays = vi.fn(takes(0));
    const alone = await service(takes(1000), { lifecycle, last: stays });
    alone.signals.emit('SIGTERM');
    await pass(1499);
    expect(alone.over).not.toHaveBeenCalled();
    await pass(1);
    expect(alone.over).toHaveBeenCalledWith(0);
    expect(stays).not.toHaveBeenCalled();

    const goes = vi.fn(takes(300));
    const ended = await service(takes(1000), { lifecycle, last: goes });
    ended.signals.emit('SIGTERM');
    await pass(1000);
    ended.see('gone');
    await pass(600);
    expect(goes).toHaveBeenCalledTimes(1);
    expect(ended.over).toHaveBeenCalledWith(0);
  });

  it('as a native sidecar it has what is left since the signal, however long the look took that came before', async () => {
    const setting = { lifecycle: { sidecar: 'native' }, last: takes(0), lookMs: 300 } as const;
    const { signals, ending } = await service(takes(1000), setting);
    const atMs = systemClock.monotonicMs();
    signals.emit('SIGTERM');
    await pass(300);
    expect(ending.current()).toMatchObject({ state: 'awaiting', sinceMs: atMs, untilMs: atMs + 1500 });
  });

  it('they do not run while the app is there, nor where nothing can tell', async () => {
    for (const presence of ['alive', 'unknown'] as const) {
      const last = vi.fn(takes(0));
      const { signals, over } = await service(takes(1000), { presence, last });
      signals.emit('SIGTERM');
      await pass(25_000);
      expect(over).toHaveBeenCalledWith(0);
      expect(last).not.toHaveBeenCalled();
    }
  });
});

describe('a native sidecar', () => {
  it('whose app is still there has run out of grace: what runs is broken off before SIGKILL', async () => {
    const { signals, deliver, over } = await service(untilStopped, { lifecycle: { sidecar: 'native' } });
    const delivery = deliver('preStop');
    await pass(10);
    signals.emit('SIGTERM');
    await pass(1499);
    expect(over).not.toHaveBeenCalled();
    await pass(1);
    expect(over).toHaveBeenCalledWith(1);
    expect(await delivery).toMatchObject({ kind: 'refused' });
  });
});

describe('SIGINT and SIGHUP', () => {
  it('SIGINT waits for no preStop', async () => {
    const { signals, over } = await service(takes(0));
    signals.emit('SIGINT');
    await pass(0);
    expect(over).toHaveBeenCalledWith(0);
  });

  it('SIGHUP has the config read, and ends nothing', async () => {
    const { signals, over, reload, ending } = await service(takes(0));
    signals.emit('SIGHUP');
    await pass(0);
    expect(reload).toHaveBeenCalledTimes(1);
    expect(ending.current()).toEqual({ state: 'serving' });
    expect(over).not.toHaveBeenCalled();
  });

  it('SIGHUP of a terminal that is gone ends it as SIGINT does', async () => {
    const { signals, over, reload } = await service(takes(0), { terminal: true });
    signals.emit('SIGHUP');
    await pass(0);
    expect(reload).not.toHaveBeenCalled();
    expect(over).toHaveBeenCalledWith(0);
  });
});
