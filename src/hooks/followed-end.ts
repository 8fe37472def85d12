import type { Clock } from './clock.ts';
import type { LiveRun } from './live-run.ts';
import type { EndedRun } from './run.ts';

/** How a run ended for one who waits for it. */
export interface FollowedEnd {
  /** The run that was waited for in the end: the first one, or the one that it was broken off for. */
  readonly of: LiveRun;
  /** Undefined: `of` was broken off, or was not over in the time of the first one. `left`: who waited has left. */
  readonly end: EndedRun | undefined | 'left';
}

/**
 * Waits for a run and, where it is broken off for another one of its hook, for that one, until the time of the first is over.
 * A new life may be seen late, or where there is none. To a kubelet whose preStop is sent away for it, while another run does the
 * work, that is the end of the hook, and it stops the app at once (P8). Never rejects.
 */
export async function followedEnd(first: LiveRun, clock: Clock, left?: AbortSignal): Promise<FollowedEnd> {
  const end = await first.endedUnless(left);
  if (end !== undefined) return { of: first, end };
  const over = new AbortController();
  const cancel = clock.after(first.deadline.remainingMs(), () => over.abort());
  try {
    return await endOfHeirs(first, AbortSignal.any(left === undefined ? [over.signal] : [over.signal, left]), left);
  } finally {
    cancel();
  }
}

async function endOfHeirs(first: LiveRun, done: AbortSignal, left: AbortSignal | undefined): Promise<FollowedEnd> {
  let of = first;
  for (let heir = first.heir(); heir?.run.hook === first.run.hook; heir = heir.heir()) {
    of = heir;
    const end = await heir.endedUnless(done);
    if (end === 'left') return { of, end: left?.aborted === true ? 'left' : undefined };
    if (end !== undefined) return { of, end };
  }
  return { of, end: undefined };
}
