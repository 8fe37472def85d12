/** What happens to hooks, as Kubernetes Events on the own pod: few, and short enough for one line of `kubectl describe pod`. */
import type { HookEvent } from '../hooks/event.ts';
import { seconds } from '../hooks/sentence.ts';
import type { RunRecord } from '../journal/entry.ts';

/** The reasons of our Events, as `kubectl get events --field-selector reason=…` takes them. */
export type PodEventReason =
  | 'HookStarted'
  | 'HookSucceeded'
  | 'HookFailed'
  | 'HookOutOfTime'
  | 'TaskShed'
  | 'DuplicateDelivery';

/** One Event, before it is sent. */
export interface PodEvent {
  readonly reason: PodEventReason;
  readonly type: 'Normal' | 'Warning';
  /** The container whose hook it is. */
  readonly container: string;
  /** May hold what a task said: to be cleaned before it is shown. */
  readonly message: string;
  /** Events of one key are one Event with a count. Made of names from the config alone. */
  readonly key: string;
}

/** The Event that says what happened; undefined where it is worth none. */
export function podEventOf(event: HookEvent): PodEvent | undefined {
  switch (event.type) {
    case 'runStarted': {
      const { graceMs, reserveMs, source } = event.run.deadline;
      const within = `${seconds(graceMs - reserveMs)} (grace ${seconds(graceMs)} from ${source}, reserve ${seconds(reserveMs)})`;
      const begun = event.resumed ? 'resumed' : 'started';
      const unasked = event.run.deliveries === 0 ? ' without a delivery' : '';
      return aboutRun(event.run, 'HookStarted', `${begun}${unasked} within ${within}`);
    }
    case 'runEnded': {
      const { outcome, durationMs, remainingMs, reason } = event.run;
      const took = `after ${seconds(durationMs)}, ${seconds(Math.max(0, remainingMs))} left`;
      if (outcome === 'succeeded') return aboutRun(event.run, 'HookSucceeded', `succeeded ${took}`);
      const why = reason === null ? '' : `: ${reason}`;
      if (outcome === 'failed') return aboutRun(event.run, 'HookFailed', `failed ${took}${why}`);
      // The time that ran out may be a task's own, with much of the run's left.
      return aboutRun(event.run, 'HookOutOfTime', `timed out ${took}${why}`);
    }
    case 'runBrokenOff':
      return aboutRun(event.run, 'HookFailed', `was broken off: ${event.why}`, 'brokenOff');
    case 'taskEnded': {
      const { name, reason } = event.task;
      if (!event.shed) return undefined;
      return aboutRun(event.run, 'TaskShed', `task ${name} ${reason ?? 'was shed'}`, name);
    }
    case 'delivered': {
      const { served, delivery, run } = event;
      if (served === 'executed' || delivery.withoutHook === true) return undefined;
      return aboutRun(
        run,
        'DuplicateDelivery',
        `${run.deliveries === 0 ? 'a delivery' : `delivery ${run.deliveries}`} (${delivery.caller}) was ${served}`,
        served,
      );
    }
    case 'deliveryRefused': {
      const { hook, container } = event.delivery;
      const message = `${hook} of ${container}: a delivery was refused: ${event.reason}`;
      return { reason: 'HookFailed', type: 'Warning', container, message, key: `refused ${hook} ${container}` };
    }
    case 'undoEnded': {
      const failed = event.failed.join('; ');
      return failed === ''
        ? undefined
        : aboutRun(event.run, 'HookFailed', `could not be taken back whole: ${failed}`, 'undo');
    }
    case 'undoStarted':
    case 'reconciled':
    case 'reconcileWaits':
    case 'attemptEnded':
    case 'deadlineMoved':
    case 'graceIgnored':
    case 'stopReason':
    case 'taskStarted':
    case 'taskOutput':
    case 'taskProgress':
    case 'taskFigure':
    case 'outputLimit':
    case 'taskBug':
    case 'runBug':
      return undefined;
  }
}

const WARNINGS: ReadonlySet<PodEventReason> = new Set(['HookFailed', 'HookOutOfTime', 'TaskShed']);

function aboutRun({ hook, container, id }: RunRecord, reason: PodEventReason, what: string, more = ''): PodEvent {
  return {
    reason,
    type: WARNINGS.has(reason) ? 'Warning' : 'Normal',
    container,
    message: `${hook} of ${container}: ${what} (run ${id})`,
    key: `${reason} ${hook} ${container} ${more}`,
  };
}
