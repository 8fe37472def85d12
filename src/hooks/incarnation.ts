/**
 * Which life of the container a delivery belongs to (P4). Nothing in the request says so (kubelet contract, section 1), so
 * it is worked out from evidence, best first: the caller's key, the processes, the pod's status, the listening sockets. Each of
 * them knows or passes; the sequence rule always knows. Pure: what is to be seen was looked at before.
 */
import { type Evidence, type Incarnation, isKeyed, keyedLife, type RunRecord } from '../journal/entry.ts';
import type { Delivery } from './delivery.ts';
import { type Circumstances, type Sightings, SOURCES } from './evidence.ts';
import { type Comparisons, compareMarks, learnMarks, marksBefore, marksOf } from './life-marks.ts';

/** What the sequence rule has to know beside the runs. */
export interface LifeRules {
  /** Whether each life is opened by a postStart (`opening-hook.ts`). */
  readonly postStartOpensLives: boolean;
  /** Within this time of a succeeded postStart's first delivery, another one is taken for its repeat, in ms. */
  readonly dedupeWindowMs: number;
  /** The pod's grace period, in ms. */
  readonly graceMs: number;
  /** What the next run's sequence will be; names a new life. */
  readonly nextSequence: number;
}

/** The answer, and how well it is known. */
export interface Identity {
  readonly incarnation: Incarnation;
  /** Nothing could tell, and it may be wrong; the incarnation's `why` says how to know better. */
  readonly guess: boolean;
  /** What each source said, whichever decided; undefined where none was asked. */
  readonly said: Comparisons | undefined;
}

/** Which life it is, before what is known of it is added. */
interface Verdict {
  readonly id: string;
  readonly evidence: Evidence;
  readonly why: string;
  readonly guess?: boolean;
}

/**
 * No container was seen to come back sooner than this after its postStart failed (kubelet contract, section 3: 1.1 s), so
 * what comes sooner is a duplicate.
 */
const SOONEST_RESTART_MS = 500;

/** Tells the incarnation of a delivery from the runs of its container, oldest first, and from what is seen now. Total. */
export function identify(delivery: Delivery, runs: readonly RunRecord[], rules: LifeRules, saw: Sightings): Identity {
  if (delivery.key !== undefined) {
    const why = 'the caller sent an Idempotency-Key';
    const incarnation = { id: keyedLife(delivery.key), evidence: 'idempotency-key', why } as const;
    return { incarnation, guess: false, said: undefined };
  }
  const unkeyed = runs.filter((run) => !isKeyed(run));
  const life = unkeyed.at(-1)?.incarnation.id;
  const about = circumstances(delivery, life, unkeyed);
  const last = life === undefined ? {} : marksOf(life, unkeyed);
  const said = compareMarks(last, saw, about);
  const {
    guess = false,
    why,
    ...verdict
  } = (life === undefined ? undefined : byMarks(said, life, rules)) ?? bySequence(delivery, unkeyed, rules);
  const opens = unkeyed.every((run) => run.incarnation.id !== verdict.id);
  const marks = learnMarks(opens ? marksBefore(last, saw) : marksOf(verdict.id, unkeyed), saw, about, opens);
  const incarnation = { ...verdict, why: guess ? `a guess: ${why}; ${toKnow(saw)}` : why, marks };
  return { incarnation, guess, said };
}

function circumstances(
  { hook, caller }: Delivery,
  life: string | undefined,
  runs: readonly RunRecord[],
): Circumstances {
  const executing = runs.some((run) => run.incarnation.id === life && run.hook === hook && run.state === 'running');
  return { hook, fromKubelet: caller === 'kubelet', executing };
}

/** The best source that can tell the last life from another. */
function byMarks(said: Comparisons, life: string, rules: LifeRules): Verdict | undefined {
  const source = SOURCES.find((each) => said[each].kind !== 'incomparable');
  if (source === undefined) return undefined;
  const { kind, why } = said[source];
  return { id: kind === 'same' ? life : newLife(rules), evidence: source, why };
}

/** How to do without a guess. */
function toKnow(saw: Sightings): string {
  const remedies = SOURCES.flatMap((source) => {
    const sighting = saw[source];
    return sighting.kind === 'blind' ? [sighting.remedy] : [];
  });
  const known = 'nothing that could be seen told more';
  return remedies.length === 0 ? known : `to know it, ${remedies.join(', or ')}`;
}

/** The sequence rule: a preStop closes a life, a postStart opens one, and what may be a repeat is no new life. */
function bySequence(delivery: Delivery, runs: readonly RunRecord[], rules: LifeRules): Verdict {
  const latest = runs.at(-1);
  if (latest === undefined) return openLife(rules, 'no earlier run of this container is known');
  const life = runs.filter((run) => run.incarnation.id === latest.incarnation.id);
  const same = (why: string): Verdict => ({ id: latest.incarnation.id, evidence: 'sequence', why });
  const preStop = life.findLast((run) => run.hook === 'preStop');
  if (delivery.hook === 'preStop') {
    if (preStop === undefined) return same('it is the first preStop since the last postStart');
    if (rules.postStartOpensLives || preStop.state === 'running')
      return same('no postStart came since the last preStop');
    const [repeat, other] = [
      'as no postStart opens its lives, a preStop so soon after the last one is taken for its repeat',
      'as no postStart opens its lives, a preStop this long after the last one is taken for a new life',
    ];
    return { ...(canBeRepeat(preStop, delivery, rules) ? same(repeat) : openLife(rules, other)), guess: true };
  }
  const postStart = life.findLast((run) => run.hook === 'postStart');
  // Last tasks that were run without a preStop may have been run for an app that lived on: a kubelet would tell.
  const closed = preStop !== undefined && (preStop.deliveries > 0 || delivery.caller === 'kubelet');
  if (closed || postStart === undefined) return openLife(rules, 'a preStop closed the last life');
  const repeat = repeatOf(postStart, delivery, rules);
  return repeat === undefined
    ? openLife(rules, 'a postStart opens a life')
    : { ...same(repeat.why), guess: repeat.guess };
}

function openLife(rules: LifeRules, why: string): Verdict {
  return { id: newLife(rules), evidence: 'sequence', why };
}

function newLife({ nextSequence }: LifeRules): string {
  return `life-${nextSequence}`;
}

/**
 * Where no postStart opens lives, a preStop can only be a repeat for as long as the old life can still run: its grace, once
 * more after a kubelet restart (kubelet contract, section 4). To replay beyond that would lose a drain.
 */
function canBeRepeat(preStop: RunRecord, delivery: Delivery, rules: LifeRules): boolean {
  return Math.abs(delivery.atMs - preStop.lastDeliveryAtMs) <= 2 * rules.graceMs;
}

function repeatOf(
  postStart: RunRecord,
  delivery: Delivery,
  rules: LifeRules,
): { readonly why: string; readonly guess: boolean } | undefined {
  const known = (why: string) => ({ why, guess: false });
  if (postStart.state === 'running') return known('its postStart is being executed');
  const within = Math.abs(delivery.atMs - postStart.firstDeliveryAtMs) < rules.dedupeWindowMs;
  if (!within) return undefined;
  // The end of our process broke the kubelet's connection: to it the hook failed, and the next postStart is of a new container.
  if (postStart.state === 'interrupted') {
    return delivery.caller === 'other' ? known('its postStart was interrupted within the dedupe window') : undefined;
  }
  if (postStart.outcome === 'succeeded') {
    const why =
      "within the dedupe window a postStart is taken for a repeat; a shorter dedupeWindow lets an app's early crash open a new life";
    return { why, guess: true };
  }
  // The kubelet never repeats a postStart that was answered (kubelet contract, section 3); people with curl do.
  const duplicate = Math.abs(delivery.atMs - postStart.endedAtMs) < SOONEST_RESTART_MS;
  return delivery.caller === 'other' || duplicate ? known('its postStart did not succeed') : undefined;
}
