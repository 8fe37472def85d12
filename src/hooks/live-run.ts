import type { Config, HookConfig } from '../config/config.ts';
import type { Deadline } from './deadline.ts';
import type { Delivery } from './delivery.ts';
import type { EndedRun, RunningRun } from './run.ts';
import type { StopFacts } from './stop-facts.ts';
import type { TaskAction } from './task.ts';

/** A run that is being executed by this process. */
export interface LiveRun {
  /** As it was claimed. */
  readonly run: RunningRun;
  readonly deadline: Deadline;
  /** What is learned of the stop meanwhile. */
  readonly facts: StopFacts;
  /** Resolves with the ended run, or undefined when it was broken off. Never rejects. */
  readonly ended: Promise<EndedRun | undefined>;
  /** The same, until `left` aborts: nothing is kept of who has left. */
  endedUnless(left: AbortSignal | undefined): Promise<EndedRun | undefined | 'left'>;
  /** Aborted, with the reason, when it is broken off. */
  readonly brokenOff: AbortSignal;
  /** The run that it was broken off for, if it was; undefined, too, once that is over. */
  heir(): LiveRun | undefined;
  /** What did not succeed in taking the stop before it back, in words. */
  notTakenBack(): readonly string[];
}

/** A run that is claimed and in the journal, and what it came from. */
export interface Claimed {
  readonly run: RunningRun;
  readonly resumed: boolean;
  readonly delivery: Delivery;
  /** How long it took to look which life it is, in ms: the grace went on meanwhile. */
  readonly lookMs: number;
  readonly config: Config<TaskAction>;
  readonly hookConfig: HookConfig<TaskAction>;
}
