import type { ActionProblem, Lookalike } from '../../config/task-kind.ts';
import { type AttemptContext, type AttemptResult, Stop, type TaskAction } from '../../hooks/task.ts';
import type { QuiesceAction, SnapshotSettings } from './snapshot-settings.ts';

/** One action of `before` or `after`, and where it stands below `snapshot`. */
interface Step {
  readonly path: readonly (string | number)[];
  readonly action: TaskAction;
}

/** The actions around a copy. */
export interface Quiesce {
  /** How long `after` and the end of its last action may take, in ms. */
  readonly afterMs: number;
  readonly uses: NonNullable<TaskAction['uses']>;
  lookalikes(): Lookalike[];
  check(): ActionProblem[];
  checkText(): ActionProblem[];
  /** Does `before`, the copy, and `after` whatever happened. The first thing that failed is the result. */
  around(attempt: AttemptContext, copy: () => Promise<AttemptResult>): Promise<AttemptResult>;
}

export function createQuiesce({ before, after, afterTimeout }: SnapshotSettings): Quiesce {
  const [first, last] = [stepsOf('before', before), stepsOf('after', after)];
  const steps = [...first, ...last];
  const longestStopMs = Math.max(0, ...last.map(({ action }) => action.stopMs));
  const ofAll = <T extends { readonly path: Step['path'] }>(tell: (action: TaskAction) => readonly T[]): T[] =>
    steps.flatMap(({ path, action }) => tell(action).map((each) => ({ ...each, path: [...path, ...each.path] })));
  return {
    afterMs: last.length === 0 ? 0 : afterTimeout + longestStopMs,
    uses: ofAll(({ uses = [] }) => uses),
    lookalikes: () => ofAll((action) => action.lookalikes?.() ?? []),
    check: () => ofAll((action) => action.check()),
    checkText: () => ofAll((action) => action.checkText?.() ?? []),
    async around(attempt, copy) {
      let copied: AttemptResult;
      let ended: Failed | undefined;
      try {
        copied = (await inOrder(first, attempt)) ?? (await copy());
      } finally {
        // Also after a bug of ours: what was frozen must not stay so.
        if (last.length > 0) ended = await thaw(last, attempt, afterTimeout);
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

/** Has a time of its own: when the task's is over, this still has to be done. All of it is tried, whatever fails. */
async function thaw(steps: readonly Step[], attempt: AttemptContext, ms: number): Promise<Failed | undefined> {
  const limit = new AbortController();
  const cancel = attempt.clock.after(ms, () => limit.abort(new Stop('ran out of its afterTimeout', false)));
  let failure: Failed | undefined;
  for (const { path, action } of steps) {
    const end = await action.run({ ...attempt, signal: limit.signal, stopMs: () => action.stopMs });
    if (end.outcome === 'failed') failure ??= { ...end, reason: `${nameOf(path)} ${end.reason}`, retryable: true };
  }
  cancel();
  return failure;
}

function withThaw(copied: Failed, thawed: Failed | undefined): Failed {
  return thawed === undefined ? copied : { ...copied, reason: `${copied.reason}; and ${thawed.reason}` };
}

function nameOf([key, index, kind]: Step['path']): string {
  return `${key}[${index}], ${kind},`;
}
