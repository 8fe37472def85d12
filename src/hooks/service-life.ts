/**
 * The service's own life after it is told to end: pure. It answers hooks for as long as one can still come (P8), finishes what
 * is being executed, and then ends early, so that the pod never waits for it longer than needed.
 *
 *     serving ─▶ awaiting ─▶ finishing ─▶ stopping
 *
 * Each step may be passed over, and none is taken back. Instants are monotonic.
 */
import type { AppPresence } from './app-presence.ts';
import type { OpenLife } from './open-lives.ts';

/** What ends the service: the kubelet's SIGTERM, or a person's SIGINT. */
export type EndSignal = 'SIGTERM' | 'SIGINT';

export type ServiceLife =
  | { readonly state: 'serving' }
  /** Told to end, and a preStop of these containers can still come. */
  | {
      readonly state: 'awaiting';
      readonly signal: EndSignal;
      readonly sinceMs: number;
      readonly containers: readonly string[];
      /** When the last of them is given up, as things are now. */
      readonly untilMs: number;
    }
  /** No hook is expected any more, though one that comes is served; what is being executed is finished. */
  | {
      readonly state: 'finishing';
      readonly signal: EndSignal;
      readonly sinceMs: number;
      /** When what is still being executed is broken off; undefined: its own deadline ends it. */
      readonly untilMs: number | undefined;
    }
  /** Both ports close, the journal is written, and the process ends with this code: 1 when something was broken off. */
  | { readonly state: 'stopping'; readonly code: 0 | 1; readonly why: string };

/** A container whose preStop can still come (`open-lives.ts`), and what was seen of its app. */
export type SeenLife = OpenLife & { readonly presence: AppPresence['kind'] };

/** What can be seen at one instant. */
export interface LifeFacts {
  readonly atMs: number;
  /** Deliveries and runs that have not ended. */
  readonly active: number;
  readonly open: readonly SeenLife[];
  /** Whether any app of the pod is certainly there. */
  readonly appAlive: boolean;
  /** Whether a run is being executed that shows that the pod's grace is not over (`outlasts.ts`). */
  readonly outlasting: boolean;
}

/** How long it waits, from the config. */
export interface LifeRules {
  readonly sidecar: 'native' | 'regular' | 'auto';
  /** The longest wait for a preStop, in ms; undefined: the whole working time. */
  readonly arrivalWindowMs: number | undefined;
  /** The pod's grace minus the reserve, in ms. */
  readonly workMs: number;
}

export interface LifeStep {
  readonly life: ServiceLife;
  /** Containers whose preStop did not come, and is not waited for any longer. */
  readonly givenUp: readonly string[];
  /** Containers whose app ended without a preStop: their tasks with `alsoWithoutHook` are to be run now. */
  readonly withoutHook: readonly string[];
}

/**
 * Where the app is gone, or was never seen to live, a preStop that is on its way is here within this time, in ms: it comes at
 * most 5 ms after the SIGTERM of a regular sidecar (kubelet contract, section 5); the rest is for a busy node.
 */
const ON_ITS_WAY_MS = 2000;

/** The same where nothing can tell whether the app is there, in ms: the pod must not wait long for a guess. */
const UNTOLD_MS = 10_000;

/** A native sidecar whose SIGTERM comes with the app still there has 2 s to SIGKILL (kubelet contract, section 5), in ms. */
const SIGKILL_MS = 2000;

/** Of that, what is executed has so much, in ms. */
const LAST_CALL_MS = 1500;

/** How long after SIGTERM a preStop of this container can still come, in ms. */
export function arrivalWindowMs({ presence, begun }: SeenLife, rules: LifeRules): number {
  const longestMs = Math.min(rules.arrivalWindowMs ?? Infinity, rules.workMs);
  // A native sidecar gets its SIGTERM when every app has ended, or is about to be killed: no preStop comes after that. An app that
  // is still there may be about to go; or the sidecar alone is stopped.
  if (rules.sidecar === 'native') return presence === 'alive' ? Math.min(LAST_CALL_MS, longestMs) : 0;
  if (presence === 'alive') return longestMs;
  const soon = presence === 'gone' || !begun ? ON_ITS_WAY_MS : (rules.arrivalWindowMs ?? UNTOLD_MS);
  return Math.min(soon, longestMs);
}

/** What a signal means. Total. */
export function onSignal(life: ServiceLife, signal: EndSignal, facts: LifeFacts, rules: LifeRules): LifeStep {
  switch (life.state) {
    case 'serving': {
      const told = { signal, sinceMs: facts.atMs };
      // A person at a terminal waits for no kubelet.
      return signal === 'SIGINT' ? stay(finishing(told, facts, [])) : waitOrFinish(told, facts, rules);
    }
    case 'awaiting':
    case 'finishing': {
      const why = `a second signal came, ${signal} after ${life.signal}`;
      return stay({ state: 'stopping', code: facts.active > 0 ? 1 : 0, why });
    }
    case 'stopping':
      return stay(life);
  }
}

/** What a look at the facts means: when a delivery has ended, and every now and then. Total. */
export function onLook(life: ServiceLife, facts: LifeFacts, rules: LifeRules): LifeStep {
  switch (life.state) {
    case 'serving':
    case 'stopping':
      return stay(life);
    case 'awaiting':
      return waitOrFinish(life, facts, rules);
    case 'finishing': {
      if (facts.active === 0) return stay(DONE);
      const untilMs = facts.outlasting ? undefined : (life.untilMs ?? lastCallOf(life, facts, rules));
      if (untilMs === undefined || facts.atMs < untilMs) return stay({ ...life, untilMs });
      return stay({ state: 'stopping', code: 1, why: 'the grace of the pod is over, and SIGKILL is about to come' });
    }
  }
}

type Told = { readonly signal: EndSignal; readonly sinceMs: number };

const DONE: ServiceLife = { state: 'stopping', code: 0, why: 'nothing is left to do' };

function stay(life: ServiceLife): LifeStep {
  return { life, givenUp: [], withoutHook: [] };
}

function waitOrFinish({ signal, sinceMs }: Told, facts: LifeFacts, rules: LifeRules): LifeStep {
  const waits = facts.open
    .map((open) => ({ container: open.container, untilMs: sinceMs + arrivalWindowMs(open, rules) }))
    .filter(({ untilMs }) => facts.atMs < untilMs);
  if (waits.length > 0) {
    const untilMs = Math.max(...waits.map((wait) => wait.untilMs));
    const containers = waits.map(({ container }) => container);
    return stay({ state: 'awaiting', signal, sinceMs, containers, untilMs });
  }
  const ended = facts.open.filter((open) => endedForSure(open, rules));
  const givenUp = facts.open.map(({ container }) => container);
  const withoutHook = ended.map(({ container }) => container);
  return { life: finishing({ signal, sinceMs }, facts, withoutHook), givenUp, withoutHook };
}

/** What a native sidecar cannot see is gone: else it would not have been told to end. */
function endedForSure({ presence, begun }: SeenLife, { sidecar }: LifeRules): boolean {
  return begun && (presence === 'gone' || (presence === 'unknown' && sidecar === 'native'));
}

function finishing({ signal, sinceMs }: Told, facts: LifeFacts, withoutHook: readonly string[]): ServiceLife {
  if (facts.active === 0 && withoutHook.length === 0) return DONE;
  return { state: 'finishing', signal, sinceMs, untilMs: undefined };
}

/** Who is there for longer than those 2 s was stopped alone, with a grace of its own. */
function lastCallOf(
  { signal, sinceMs }: Told,
  { appAlive, atMs }: LifeFacts,
  { sidecar }: LifeRules,
): number | undefined {
  const about = signal === 'SIGTERM' && sidecar === 'native' && appAlive && atMs < sinceMs + SIGKILL_MS;
  return about ? sinceMs + LAST_CALL_MS : undefined;
}
