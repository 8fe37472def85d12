/** What there is to see in a picture of a timeline: what its legend has to explain, and nothing else. */
import type { DeliveryBar, RunBars, Span } from './run-bars.ts';
import type { TaskState } from './run-view.ts';
import type { Timeline } from './timeline.ts';

export interface Shown {
  /** In the order in which a legend has them. */
  readonly states: readonly TaskState[];
  /** Waits between attempts. */
  readonly waits: boolean;
  readonly answered: boolean;
  readonly lost: boolean;
  readonly reserve: boolean;
  readonly graceEnd: boolean;
  readonly now: boolean;
}

export function shownIn({ runs, nowMs, window }: Timeline): Shown {
  const order: readonly TaskState[] = [
    'succeeded',
    'failed',
    'timedOut',
    'skipped',
    'interrupted',
    'running',
    'pending',
  ];
  const tasks = runs.flatMap((bars) => bars.tasks);
  const deliveries = runs.flatMap((bars) => bars.deliveries.map((bar) => ({ bar, bars })));
  return {
    states: order.filter((state) =>
      tasks.some(
        ({ task, pieces }) =>
          (task.startedAtMs !== null && task.state === state) ||
          pieces.some((piece) => piece.kind === 'attempt' && piece.state === state),
      ),
    ),
    waits: tasks.some(({ pieces }) => pieces.some(({ kind, span }) => kind === 'wait' && isSeen(span, window))),
    answered: deliveries.some(({ bar, bars }) => !bar.delivery.broken && !isOpen(bar, bars)),
    lost: deliveries.some(({ bar }) => bar.delivery.broken),
    reserve: runs.some(({ reserve }) => reserve.endMs > reserve.startMs),
    graceEnd: runs.some(({ reserve }) => reserve.startMs < window.endMs),
    now: nowMs !== undefined,
  };
}

/** Whether the answer of a delivery is still to come. */
export function isOpen({ delivery }: DeliveryBar, { run }: RunBars): boolean {
  return delivery.untilMs === null && run.state === 'running';
}

/** Whether a span is long enough to be told from a line. */
function isSeen(span: Span, window: Span): boolean {
  return (span.endMs - span.startMs) * 100 >= window.endMs - window.startMs;
}
