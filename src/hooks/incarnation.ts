/**
 * Which life of the container a delivery belongs to (P4). Nothing in the request says so (kubelet contract, section 1), so
 * it is worked out from evidence, best first. Each source of evidence is one function that knows or passes; a better one is
 * one more function in front of `bySequence`, which always knows.
 */
import type { Incarnation, RunRecord } from '../journal/entry.ts';
import type { Delivery } from './delivery.ts';

/** What the sequence rule has to know beside the runs. */
export interface LifeRules {
  /** Whether a postStart is configured, so that each life is opened by one. */
  readonly postStartOpensLives: boolean;
  /** Within this time of a succeeded postStart's first delivery, another one is taken for its repeat, in ms. */
  readonly dedupeWindowMs: number;
  /** The pod's grace period, in ms. */
  readonly graceMs: number;
  /** What the next run's sequence will be; names a new life. */
  readonly nextSequence: number;
}

/**
 * No container was seen to come back sooner than this after its postStart failed (kubelet contract, section 3: 1.1 s), so
 * what comes sooner is a duplicate.
 */
const SOONEST_RESTART_MS = 500;

/** Tells the incarnation of a delivery from the runs of its container, oldest first. Total. */
export function identify(delivery: Delivery, runs: readonly RunRecord[], rules: LifeRules): Incarnation {
  return byKey(delivery) ?? bySequence(delivery, runs, rules);
}

function byKey(delivery: Delivery): Incarnation | undefined {
  if (delivery.key === undefined) return undefined;
  return { id: `key-${delivery.key}`, evidence: 'idempotency-key', why: 'the caller sent an Idempotency-Key' };
}

/** The sequence rule: a preStop closes a life, a postStart opens one, and what may be a repeat is no new life. */
function bySequence(delivery: Delivery, runs: readonly RunRecord[], rules: LifeRules): Incarnation {
  const latest = runs.at(-1);
  if (latest === undefined) return openLife(rules, 'no earlier run of this container is known');
  const life = runs.filter((run) => run.incarnation.id === latest.incarnation.id);
  const same = (why: string): Incarnation => ({ id: latest.incarnation.id, evidence: 'sequence', why });
  const preStop = life.findLast((run) => run.hook === 'preStop');
  if (delivery.hook === 'preStop') {
    if (preStop === undefined) return same('it is the first preStop since the last postStart');
    return canBeRepeat(preStop, delivery, rules)
      ? same('no postStart came since the last preStop')
      : openLife(
          rules,
          'a guess: without a postStart hook, a preStop this long after the last one is taken for a new life',
        );
  }
  const postStart = life.findLast((run) => run.hook === 'postStart');
  if (preStop !== undefined || postStart === undefined) return openLife(rules, 'a preStop closed the last life');
  const repeat = whyRepeat(postStart, delivery, rules);
  return repeat === undefined ? openLife(rules, 'a postStart opens a life') : same(repeat);
}

function openLife(rules: LifeRules, why: string): Incarnation {
  return { id: `life-${rules.nextSequence}`, evidence: 'sequence', why };
}

/**
 * Where no postStart opens lives, a preStop can only be a repeat for as long as the old life can still run: its grace, once
 * more after a kubelet restart (kubelet contract, section 4). To replay beyond that would lose a drain.
 */
function canBeRepeat(preStop: RunRecord, delivery: Delivery, rules: LifeRules): boolean {
  if (rules.postStartOpensLives || preStop.state === 'running') return true;
  return Math.abs(delivery.atMs - preStop.lastDeliveryAtMs) <= 2 * rules.graceMs;
}

function whyRepeat(postStart: RunRecord, delivery: Delivery, rules: LifeRules): string | undefined {
  if (postStart.state === 'running') return 'its postStart is being executed';
  const within = Math.abs(delivery.atMs - postStart.firstDeliveryAtMs) < rules.dedupeWindowMs;
  if (!within) return undefined;
  // The end of our process broke the kubelet's connection: to it the hook failed, and the next postStart is of a new container.
  if (postStart.state === 'interrupted') {
    return delivery.caller === 'other' ? 'its postStart was interrupted within the dedupe window' : undefined;
  }
  if (postStart.outcome === 'succeeded') {
    return "a guess: within the dedupe window a postStart is taken for a repeat; a shorter dedupeWindow lets an app's early crash open a new life";
  }
  // The kubelet never repeats a postStart that was answered (kubelet contract, section 3); people with curl do.
  const duplicate = Math.abs(delivery.atMs - postStart.endedAtMs) < SOONEST_RESTART_MS;
  return delivery.caller === 'other' || duplicate ? 'its postStart did not succeed' : undefined;
}
