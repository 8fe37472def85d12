import type { Logger } from 'pino';
import type { AppPresence } from '../hooks/app-presence.ts';
import { seconds } from '../hooks/sentence.ts';
import type { EndSignal, ServiceLife } from '../hooks/service-life.ts';

type Seen = ReadonlyMap<string, AppPresence>;

/** What is known at a step, for its line. */
interface StepView {
  /** What told the service to end with this step; undefined: a look did. */
  readonly signal: EndSignal | undefined;
  readonly active: number;
  /** Containers whose preStop did not come. */
  readonly givenUp: readonly string[];
  /** Containers whose tasks with `alsoWithoutHook` are run now. */
  readonly lastTasks: readonly string[];
  readonly seen: Seen;
  readonly atMs: number;
}

const SIGHTS: Readonly<Record<AppPresence['kind'], string>> = {
  alive: 'the app is there',
  gone: 'the app is gone',
  unknown: 'nothing can tell whether the app is there',
};

const REMEDY = 'give the container its ports, or say in lifecycle.sidecar what Hookkeeper is';

/** Tells the service's own end: a line for each state, and for each change of what is seen of an app meanwhile. */
export function logLife(logger: Logger) {
  return {
    step(before: ServiceLife, life: ServiceLife, view: StepView): void {
      for (const container of view.givenUp) tellMissing(container, view);
      if (before.state === life.state) return;
      const runs = view.active;
      switch (life.state) {
        case 'serving':
          return;
        case 'awaiting': {
          const names = life.containers.join(', ');
          const waitMs = Math.round(life.untilMs - view.atMs);
          const message = `${life.signal}: a preStop can still come (${names}), and is waited for, at most ${seconds(waitMs)}`;
          logger.info({ signal: life.signal, containers: life.containers, waitMs }, message);
          return;
        }
        case 'finishing': {
          const first = runs === 0 ? 'no hook is expected' : `what is being executed is finished first (${runs})`;
          logger.info({ signal: life.signal, runs }, `${life.signal}: ${first}`);
          return;
        }
        case 'stopping': {
          // Where something was waited for, the lines before have the signal.
          const signal = before.state === 'serving' ? view.signal : undefined;
          const ends = signal === undefined ? 'ends' : `ends after ${signal}`;
          logger[life.code === 0 ? 'info' : 'warn'](
            { ...(signal === undefined ? {} : { signal }), runs, code: life.code },
            life.code === 0 ? `${ends}: ${life.why}` : `what runs is broken off, and is interrupted: ${life.why}`,
          );
        }
      }
    },
    seen(before: Seen, seen: Seen): void {
      for (const [container, { kind, why }] of seen) {
        if (before.get(container)?.kind === kind) continue;
        logger.info({ container, presence: kind }, `${container}: ${SIGHTS[kind]}: ${why}`);
      }
    },
  };

  function tellMissing(container: string, { lastTasks, seen }: StepView): void {
    const { kind, why } = seen.get(container) ?? { kind: 'unknown', why: 'it was not looked at' };
    const last = lastTasks.includes(container);
    const next = last ? 'its tasks with alsoWithoutHook are run' : 'none is waited for any longer';
    const remedy = kind === 'unknown' && !last ? `; ${REMEDY}` : '';
    logger.warn(
      { container, presence: kind },
      `${container}: no preStop came, and ${next}: ${SIGHTS[kind]}, ${why}${remedy}`,
    );
  }
}
