import type { Config, HookConfig } from '../config/config.ts';
import type { RunRecord } from '../journal/entry.ts';
import type { Delivery } from './delivery.ts';
import type { Identity } from './incarnation.ts';
import { stopOf } from './redelivered.ts';
import { type RunningRun, tasksFor } from './run.ts';
import { graceOf, headerGrace } from './run-grace.ts';
import type { TaskAction } from './task.ts';
import { nextSpan } from './trace.ts';
import { undoableIn } from './undo-plan.ts';

export interface ClaimInput {
  readonly delivery: Delivery;
  readonly identity: Identity;
  readonly config: Config<TaskAction>;
  readonly hookConfig: HookConfig<TaskAction>;
  /** The run that is gone on with, if it is one. */
  readonly earlier: RunRecord | undefined;
  /** Names this process. */
  readonly instance: string;
  /** The run's place among those of the journal. */
  readonly sequence: number;
  /** From 0 to 1, as `Math.random`. */
  readonly random: () => number;
}

/** The record that claims a run for this process: of a new run, or of an earlier one, whose ended tasks stay ended. Pure. */
export function claimedRun(claim: ClaimInput): RunningRun {
  const { delivery, identity, config, hookConfig, earlier, instance, sequence, random } = claim;
  const { hook, container } = delivery;
  const { graceMs: headerMs } = headerGrace(hook, delivery.grace);
  return {
    state: 'running',
    instance,
    id: earlier?.id ?? `${instance}-${sequence}`,
    sequence,
    hook,
    container,
    incarnation: earlier?.incarnation ?? identity.incarnation,
    configDigest: config.digest,
    traceparent: nextSpan(earlier?.traceparent ?? delivery.traceparent, random),
    firstDeliveryAtMs: earlier?.firstDeliveryAtMs ?? delivery.atMs,
    lastDeliveryAtMs: delivery.atMs,
    deliveries: (earlier?.deliveries ?? 0) + (delivery.withoutHook === true ? 0 : 1),
    deadline: graceOf(hook, hookConfig, config.grace, { headerMs }),
    ...(hook === 'preStop' ? { stop: stopOf(earlier), ...undoableIn(hookConfig, earlier) } : {}),
    tasks: tasksFor(hookConfig, earlier?.tasks ?? []),
  };
}
