import type { Condition, KnownStopReason } from './condition.ts';
import type { ActionFacts } from './task-kind.ts';

/** The two hooks, spelled as Kubernetes spells them. */
export const HOOKS = ['postStart', 'preStop'] as const;
export type HookName = (typeof HOOKS)[number];

/** Which is shed first when time is short: `optional`, then `normal`; `critical` is never shed for another task. */
export type Priority = 'critical' | 'normal' | 'optional';

/** What a task's failure or timeout means for its run: fail it, go on without failing it, or end it here without failing it. */
export type OnEnd = 'fail' | 'continue' | 'stop';

/** What a redelivery does with a task that was running when the sidecar died. */
export type OnInterrupted = 'rerun' | 'skip' | 'fail';

/** How a task is tried again: delays grow from `minDelayMs` by `factor` up to `maxDelayMs`; `jitter` adds up to the same again. */
export interface RetryConfig {
  /** How many attempts in all; 1 means no retry. */
  readonly attempts: number;
  readonly minDelayMs: number;
  readonly maxDelayMs: number;
  readonly factor: number;
  readonly jitter: boolean;
}

/** What takes a task back: an action of any kind, and how it is tried. */
export interface UndoConfig<A extends ActionFacts> {
  readonly kind: string;
  readonly action: A;
  /** Longest time for all attempts and the waits between them, in ms. */
  readonly timeoutMs: number;
  /** Longest time for one attempt, in ms; undefined: what is left of `timeoutMs`. */
  readonly attemptTimeoutMs: number | undefined;
  readonly retry: RetryConfig;
}

export interface TaskConfig<A extends ActionFacts> {
  /** Unique within its hook: it is how the journal knows the task again. */
  readonly name: string;
  /** The kind's key, such as `exec`. */
  readonly kind: string;
  readonly action: A;
  /** What must hold for the task to be started; undefined: nothing. */
  readonly when: Condition | undefined;
  /** preStop only: the reason of the stop for which the task is there; undefined: every one. */
  readonly whenReason: KnownStopReason | undefined;
  /** Longest time for all attempts and the waits between them, in ms; undefined: what is left of the run. */
  readonly timeoutMs: number | undefined;
  /** Longest time for one attempt, in ms; undefined: what is left of the task. */
  readonly attemptTimeoutMs: number | undefined;
  readonly retry: RetryConfig;
  readonly priority: Priority;
  /** With less time than this the task is not started, in ms. */
  readonly minimumMs: number;
  readonly onFailure: OnEnd;
  readonly onTimeout: OnEnd;
  readonly onInterrupted: OnInterrupted;
  /** preStop only: run, too, when the app has ended without a preStop and the pod is stopped. */
  readonly alsoWithoutHook: boolean;
  /** preStop only: what is done when the container comes back after all; undefined: nothing. */
  readonly undo: UndoConfig<A> | undefined;
}

/** One step of a hook: a task, or a group whose tasks run side by side. */
export type Step<A extends ActionFacts> =
  | { readonly kind: 'task'; readonly task: TaskConfig<A> }
  | { readonly kind: 'parallel'; readonly tasks: readonly TaskConfig<A>[] };

export interface HookConfig<A extends ActionFacts> {
  /** Longest time of a run, in ms. A postStart always has one (default 60 s: the kubelet has none); a preStop only if it is written. */
  readonly timeoutMs: number | undefined;
  /** postStart only: within this time of a succeeded run's first delivery, another delivery replays it, in ms. */
  readonly dedupeWindowMs: number;
  /** What a delivery for a failed or timed-out run does: try again what did not succeed, or only tell the recorded result. */
  readonly onRedelivery: 'resume' | 'replay';
  /** preStop only: what a stop is taken for when nothing tells its reason. */
  readonly unknownReason: KnownStopReason;
  readonly steps: readonly Step<A>[];
}

export interface ContainerConfig<A extends ActionFacts> {
  readonly name: string;
  readonly postStart: HookConfig<A> | undefined;
  readonly preStop: HookConfig<A> | undefined;
  /** The TCP ports that the app listens on; may be none. */
  readonly ports: readonly number[];
  /** The app's process, where the pod shares a PID namespace; undefined: all of the one other container there is. */
  readonly process: ProcessPattern | undefined;
}

/** Which processes are meant. Where both are given, both must hold. */
export interface ProcessPattern {
  /** The name of the program: the kernel's short name, or the file name of the first word of its command line. */
  readonly name?: string | undefined;
  /** Matches the command line, its arguments joined by spaces, of which the first 32 KiB count. */
  readonly commandLine?: RegExp | undefined;
}

/** Where the grace period came from. */
export type GraceSource = 'environment' | 'config' | 'default';

export interface GraceConfig {
  /** The pod's terminationGracePeriodSeconds, in ms. */
  readonly periodMs: number;
  /** The part kept for the app's own SIGTERM handling and our answer, in ms. Always less than `periodMs`. */
  readonly reserveMs: number;
  readonly source: GraceSource;
}

/** How the service ends. */
export interface LifecycleConfig {
  /** What Hookkeeper is in its pod; `auto` goes by what can be seen. */
  readonly sidecar: 'native' | 'regular' | 'auto';
  /** How long a preStop is waited for after the own SIGTERM, at most, in ms; undefined: for as long as the grace allows. */
  readonly arrivalWindowMs: number | undefined;
}

/** The config file, resolved: every default is filled in, every duration is in ms. */
export interface Config<A extends ActionFacts> {
  /** The first 12 hex digits of the file's SHA-256. */
  readonly digest: string;
  readonly grace: GraceConfig;
  readonly access: { readonly tokenFile: string | undefined };
  readonly lifecycle: LifecycleConfig;
  readonly containers: ReadonlyMap<string, ContainerConfig<A>>;
}

/** All tasks of a hook, in the order they are written. */
export function tasksOf<A extends ActionFacts>(hook: HookConfig<A>): TaskConfig<A>[] {
  return hook.steps.flatMap((step) => (step.kind === 'task' ? [step.task] : step.tasks));
}
