import type { Logger } from 'pino';
import type { Config } from '../config/config.ts';
import type { AppPresence, AppWatch } from '../hooks/app-presence.ts';
import { type Clock, wait } from '../hooks/clock.ts';
import type { Deliveries, Delivery, Result } from '../hooks/delivery.ts';
import { openLives } from '../hooks/open-lives.ts';
import { postStartOpensLives } from '../hooks/opening-hook.ts';
import { isStarting, outlasts } from '../hooks/outlasts.ts';
import {
  type EndSignal,
  type LifeFacts,
  type LifeRules,
  type LifeStep,
  onLook,
  onSignal,
  type ServiceLife,
} from '../hooks/service-life.ts';
import type { TaskAction } from '../hooks/task.ts';
import { hasTasksWithoutHook } from '../hooks/without-hook.ts';
import { isKeyed, type Journal } from '../journal/entry.ts';
import { logLife } from './ending-log.ts';

/** What the signals of a process are heard on. */
export interface SignalSource {
  on(signal: 'SIGTERM' | 'SIGINT' | 'SIGHUP' | 'SIGUSR1', listener: () => void): unknown;
}

export interface EndingInput {
  readonly deliveries: Deliveries;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly signals: SignalSource;
  readonly config: () => Config<TaskAction>;
  readonly journal: Pick<Journal, 'runsOf'>;
  readonly watch: AppWatch;
  /** What SIGHUP does, unless it says that the terminal is gone: that ends the service as SIGINT does. */
  readonly reload: () => void;
  readonly terminal: boolean;
}

/** The end of the service. */
export interface Ending {
  current(): ServiceLife;
  /** Serves a delivery: the service does not end before it is answered. */
  deliver(delivery: Delivery): Promise<Result>;
  /** Resolves with the exit code when nothing is left to do. Never rejects. */
  readonly over: Promise<number>;
}

/** How often it is looked at the apps while a preStop of theirs is waited for, in ms. */
const LOOK_EVERY_MS = 250;

/** No app is stopped and started again sooner than this after its preStop was answered (kubelet contract, section 6), in ms. */
const RESTART_MS = 200;

/** Lives through `service-life.ts` on the signals of the process, and does what each step asks for. */
export function endOnSignals(input: EndingInput): Ending {
  const { deliveries, clock, signals } = input;
  const { promise: over, resolve } = Promise.withResolvers<number>();
  const log = logLife(input.logger);
  const stopping = new AbortController();
  let life: ServiceLife = { state: 'serving' };
  let active = 0;
  let seen: ReadonlyMap<string, AppPresence> = new Map();
  /** A reload that adds a postStart reaches no manifest: the pod may send none all the same. */
  const withoutPostStart = [...input.config().containers.values()].filter(({ postStart }) => postStart === undefined);

  const rules = (): LifeRules => {
    const { lifecycle, grace } = input.config();
    return { ...lifecycle, workMs: grace.periodMs - grace.reserveMs };
  };

  /** While an app is being started, whatever is seen may be of the life before. */
  const presenceIn = (container: string): AppPresence['kind'] =>
    input.journal.runsOf(container).some(isStarting) ? 'alive' : (seen.get(container)?.kind ?? 'unknown');

  const facts = (): LifeFacts => {
    const { containers, grace } = input.config();
    const { runsOf } = input.journal;
    const otherLives = new Set(
      [...seen].flatMap(([name, one]) => (one.kind === 'alive' && one.otherLife ? [name] : [])),
    );
    const wereSeen = [...seen].flatMap(([name, { kind }]) => (kind === 'unknown' ? [] : [name]));
    const begun = new Set([...withoutPostStart.map(({ name }) => name), ...wereSeen]);
    const [atMs, graceMs] = [clock.epochMs(), grace.periodMs];
    const open = openLives({ containers: containers.values(), runsOf, atMs, graceMs, otherLives, begun });
    return {
      atMs: clock.monotonicMs(),
      active,
      open: open.map((one) => ({ ...one, presence: presenceIn(one.container) })),
      appAlive: [...seen.values()].some(({ kind }) => kind === 'alive'),
      outlasting: [...containers.keys()].some((name) => runsOf(name).some(outlasts)),
    };
  };

  const hasLastTasks = (container: string): boolean => {
    const preStop = input.config().containers.get(container)?.preStop;
    return preStop !== undefined && hasTasksWithoutHook(preStop);
  };

  function take({ life: next, givenUp, withoutHook }: LifeStep, signal?: EndSignal): void {
    const before = life;
    life = next;
    const keys = new Map(withoutHook.length === 0 ? [] : facts().open.map(({ container, key }) => [container, key]));
    const lastTasks = withoutHook.filter(hasLastTasks);
    log.step(before, life, { signal, active, givenUp, lastTasks, seen, atMs: clock.monotonicMs() });
    for (const container of lastTasks) {
      const nobody = { caller: 'other', key: keys.get(container), withoutHook: true } as const;
      void deliver({ hook: 'preStop', container, ...nobody, atMs: clock.epochMs() });
    }
    if (before.state === 'serving' && life.state !== 'serving') void lookAround();
    if (life.state === 'stopping' && before.state !== 'stopping') void stop(life);
    else if (withoutHook.length > 0) look();
  }

  function look(): void {
    take(onLook(life, facts(), rules()));
  }

  async function see(): Promise<void> {
    const before = seen;
    const looks = [...input.config().containers.keys()].map(
      async (container) => [container, await input.watch.look(container, stopping.signal)] as const,
    );
    seen = new Map(await Promise.all(looks));
    if (!stopping.signal.aborted) log.seen(before, seen);
  }

  /** Without a postStart only a look tells that an app was started again after its preStop, and that another one comes. */
  function mayHaveRestarted(): boolean {
    const { containers, lifecycle } = input.config();
    if (lifecycle.sidecar === 'native') return false;
    return [...containers.values()].some((container) => {
      const runs = input.journal.runsOf(container.name);
      const last = runs.at(-1);
      if (container.preStop === undefined || last === undefined || last.state === 'running') return false;
      const unkeyed = runs.filter((run) => !isKeyed(run));
      if (postStartOpensLives(container, unkeyed)) return false;
      const overAtMs = last.state === 'ended' ? last.endedAtMs : last.lastDeliveryAtMs;
      return Math.abs(clock.epochMs() - overAtMs) > RESTART_MS;
    });
  }

  /** What a native sidecar can't see is taken for gone, and its last tasks are run: so it looks first. */
  function mayHaveLastTasks(): boolean {
    return rules().sidecar === 'native' && facts().open.some(({ container }) => hasLastTasks(container));
  }

  /** Sees how the apps do for as long as that matters. */
  async function lookAround(): Promise<void> {
    while (life.state === 'awaiting' || (life.state === 'finishing' && rules().sidecar === 'native')) {
      await see();
      if (stopping.signal.aborted) return;
      look();
      const untilMs = 'untilMs' in life ? life.untilMs : undefined;
      await wait(clock, Math.min(LOOK_EVERY_MS, (untilMs ?? Infinity) - clock.monotonicMs()), stopping.signal);
    }
  }

  async function stop({ code, why }: ServiceLife & { readonly state: 'stopping' }): Promise<void> {
    stopping.abort();
    if (active > 0) await deliveries.abort(why);
    resolve(code);
  }

  async function deliver(delivery: Delivery): Promise<Result> {
    active += 1;
    try {
      return await deliveries.deliver(delivery);
    } finally {
      active -= 1;
      look();
    }
  }

  const on = (signal: EndSignal, atMs = clock.monotonicMs()) =>
    take(onSignal(life, signal, { ...facts(), atMs }, rules()), signal);
  signals.on('SIGTERM', () => {
    deliveries.sigterm();
    if (life.state !== 'serving' || !(mayHaveRestarted() || mayHaveLastTasks())) return on('SIGTERM');
    // SIGKILL may come so long after the signal, and not after the look.
    const atMs = clock.monotonicMs();
    void see().then(() => on('SIGTERM', atMs));
  });
  signals.on('SIGINT', () => on('SIGINT'));
  signals.on('SIGHUP', () => (input.terminal ? on('SIGINT') : input.reload()));
  return { current: () => life, deliver, over };
}
