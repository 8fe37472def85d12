import type { HookName } from '../config/config.ts';
import type { Figure } from '../config/figure.ts';
import type { ActionFacts } from '../config/task-kind.ts';
import type { StopReason } from '../journal/entry.ts';
import type { Clock } from './clock.ts';

/**
 * How one attempt ended. `skipped` means that the target itself says there is nothing to do, and is a good end.
 * That time ran out is not said here: whoever aborted the attempt knows it.
 */
export type AttemptResult =
  | {
      readonly outcome: 'succeeded';
      /** Values by name, for later tasks of the run. No secrets: they stand in the journal. */
      readonly captured?: Readonly<Record<string, string>>;
    }
  | { readonly outcome: 'skipped'; readonly reason: string }
  | { readonly outcome: 'failed'; readonly reason: string; readonly retryable: boolean };

/** Why an attempt was told to stop. It is the `reason` of the attempt's signal. */
export class Stop extends Error {
  override readonly name = 'Stop';
  /** True when nothing may be waited for: children get SIGKILL at once. */
  readonly immediately: boolean;
  constructor(message: string, immediately: boolean) {
    super(message);
    this.immediately = immediately;
  }
}

/** What an attempt is told. What may change meanwhile is a function: a copy of the context must not freeze it. */
export interface AttemptContext {
  readonly hook: HookName;
  readonly container: string;
  /** Why the container is stopped, as far as it is known; undefined for a postStart. */
  reason(): StopReason | undefined;
  /** The run's ID. */
  readonly run: string;
  readonly task: string;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** Whether an earlier delivery tried the task, perhaps in a process that is dead: what it started may still be there. */
  readonly rerun: boolean;
  /** Aborts when the attempt has to end; its reason is a `Stop`. */
  readonly signal: AbortSignal;
  /**
   * After the signal aborts, the attempt must be over within this time, in ms. At most the action's own `stopMs`; less as soon
   * as the run is given less time, also while the attempt stops.
   */
  stopMs(): number;
  /** When the run's work has to be over, on the wall clock. */
  deadlineEpochMs(): number;
  /** What is left of the run's working time now, in ms; 0 when it is over. */
  remainingMs(): number;
  readonly clock: Clock;
  /** Takes one line that the task printed, without its line end. The caller bounds a line's length, the receiver the whole. */
  output(line: string): void;
  /** Tells how a long task gets on, in a sentence without a subject: `waits: 12 connections`. For the log alone. */
  progress(message: string): void;
  /** Tells a number that was measured. Its kind names the figure in the table of kinds. */
  figure(figure: Figure, value: number): void;
  /** W3C `traceparent` for what the attempt sends or starts: the run's trace, a span of the attempt's own. */
  readonly traceparent: string;
  /** What earlier tasks of the run captured, by name. */
  readonly captured: ReadonlyMap<string, string>;
}

/** A task's action: what the config knows of it, and how it is tried once. */
export interface TaskAction extends ActionFacts {
  /**
   * Tries once. Resolves when nothing of the attempt is left running: no child, no socket, no timer. Expected failure is
   * a value; a rejection is a bug, which the caller reports as a failure that is not tried again.
   */
  run(attempt: AttemptContext): Promise<AttemptResult>;
}
