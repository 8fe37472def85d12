import type { ActionProblem, Lookalike } from '../../config/task-kind.ts';
import { waitOut } from '../../hooks/clock.ts';
import { takeBackMs } from '../../hooks/plan.ts';
import { type AttemptContext, type AttemptResult, Stop, type TaskAction } from '../../hooks/task.ts';
import type { QuiesceAction, SnapshotSettings } from './snapshot-settings.ts';

/** One action of `before` or `after`, and where it stands below `snapshot`. */
interface Step {
  readonly path: readonly (string | number)[];
  readonly action: TaskAction;
}

/** The actions around a copy. */
export interface Quiesce {
  /** How long all of it may take to end, in ms: the copy or an action of `before`, and then `after`. */
  readonly stopMs: number;
  /** How long `after` and the end of its last action may take, in ms. */
  readonly afterMs: number;
  readonly uses: NonNullable<TaskAction['uses']>;
  lookalikes(): Lookalike[];
  check(): ActionProblem[];
  checkText(): ActionProblem[];
  /**
   * Does `before`, the copy, and `after` whatever happened. The first thing that failed is the result. The copy is told to end
   * soon enough for `after`.
   */
  around(attempt: AttemptContext, copy: (attempt: AttemptContext) => Promise<AttemptResult>): Promise<AttemptResult>;
}

/** `copyStopMs` is how long the copy may take to end, in ms. */
export function createQuiesce({ before, after, afterTimeout }: SnapshotSettings, copyStopMs: number): Quiesce {
  const [first, last] = [stepsOf('before', before), stepsOf('after', after)];
  const steps = [...first, ...last];
  const killMs = longestStopMs(last);
  const afterMs = last.length === 0 ? 0 : afterTimeout + killMs;
  const earlyMs = Math.max(copyStopMs, longestStopMs(first));
  const stopMs = earlyMs + afterMs;
  const ofAll = <T extends { readonly path: Step['path'] }>(tell: (action: TaskAction) => readonly T[]): T[] =>
    steps.flatMap(({ path, action }) => tell(action).map((each) => ({ ...each, path: [...path, ...each.path] })));
  return {
    stopMs,
    afterMs,
    uses: ofAll(({ uses = [] }) => uses),
    lookalikes: () => ofAll((action) => action.lookalikes?.() ?? []),
    check: () => ofAll((action) => action.check()),
    checkText: () => ofAll((action) => action.checkText?.() ?? []),
    async around(attempt, copy) {
      const thawMs = () => takeBackMs({ stopMs, afterMs }, attempt.stopMs());
      const early = { ...attempt, stopMs: () => attempt.stopMs() - thawMs() };
      const shareMs = () => (killMs * thawMs()) / afterMs;
      using told = instantOf(attempt);
      let copied: AttemptResult;
      let ended: Failed | undefined;
      try {
        copied = (await inOrder(first, early)) ?? (await copy(early));
      } finally {
        // Also after a bug of ours: what was frozen must not stay so.
        if (last.length > 0) ended = await thaw(last, { attempt, afterTimeout, killMs: shareMs, toldMs: told.ms });
      }
      return copied.outcome === 'failed' ? withThaw(copied, ended) : (ended ?? copied);
    },
  };
}

function stepsOf(key: string, actions: readonly QuiesceAction[]): Step[] {
  return actions.flatMap(({ exec, http }, index) => [
    ...(exec === undefined ? [] : [{ path: [key, index, 'exec'], action: exec }]),
    ...(http === undefined ? [] : [{ path: [key, index, 'http'], action: http }]),
  ]);
}

function longestStopMs(steps: readonly Step[]): number {
  return Math.max(0, ...steps.map(({ action }) => action.stopMs));
}

type Failed = AttemptResult & { readonly outcome: 'failed' };

/** Undefined when all went well. */
async function inOrder(steps: readonly Step[], attempt: AttemptContext): Promise<Failed | undefined> {
  for (const { path, action } of steps) {
    const stopMs = () => Math.min(attempt.stopMs(), action.stopMs);
    const end = await action.run({ ...attempt, stopMs });
    if (end.outcome === 'failed') return { ...end, reason: `${nameOf(path)} ${end.reason}` };
    if (attempt.signal.aborted) return { outcome: 'failed', reason: 'was told to stop', retryable: true };
  }
  return undefined;
}

/** When the attempt was told to stop, on the monotonic clock; undefined until then. */
function instantOf({ clock, signal }: AttemptContext): Disposable & { ms(): number | undefined } {
  let ms = signal.aborted ? clock.monotonicMs() : undefined;
  const onAbort = () => {
    ms = clock.monotonicMs();
  };
  signal.addEventListener('abort', onAbort, { once: true });
  return { ms: () => ms, [Symbol.dispose]: () => signal.removeEventListener('abort', onAbort) };
}

interface Thaw {
  readonly attempt: AttemptContext;
  readonly afterTimeout: number;
  /** How long its actions may take to end when they are told to, in ms. */
  killMs(): number;
  /** When the attempt was told to stop. */
  toldMs(): number | undefined;
}

/**
 * Has a time of its own: when the task's is over, this still has to be done. All of it is tried, whatever fails; but it ends with
 * the time that the attempt has to stop, as after that somebody else may do what it would be beside.
 */
async function thaw(steps: readonly Step[], { attempt, afterTimeout, killMs, toldMs }: Thaw) {
  const { clock } = attempt;
  const startedMs = clock.monotonicMs();
  const leftMs = () => {
    const toldAtMs = toldMs() ?? Infinity;
    const endMs = Math.min(startedMs + afterTimeout, toldAtMs + attempt.stopMs() - killMs());
    return endMs - clock.monotonicMs();
  };
  const [limit, over] = [new AbortController(), new AbortController()];
  void waitOut(clock, leftMs, over.signal).then((whole) => {
    if (whole) limit.abort(new Stop('ran out of its time', false));
  });
  let failure: Failed | undefined;
  for (const { path, action } of steps) {
    const stopMs = () => Math.min(action.stopMs, killMs());
    const end = await action.run({ ...attempt, signal: limit.signal, stopMs });
    if (end.outcome === 'failed') failure ??= { ...end, reason: `${nameOf(path)} ${end.reason}`, retryable: true };
  }
  over.abort();
  return failure;
}

function withThaw(copied: Failed, thawed: Failed | undefined): Failed {
  return thawed === undefined ? copied : { ...copied, reason: `${copied.reason}; and ${thawed.reason}` };
}

function nameOf([key, index, kind]: Step['path']): string {
  return `${key}[${index}], ${kind},`;
}
