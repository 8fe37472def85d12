import type { RunRecord } from '../journal/entry.ts';

/**
 * Whether a postStart opens each life of a container: one is configured, and one came, as `runs` of one kind of callers tell. The
 * config alone tells nothing of this pod: a ConfigMap reaches one that runs, a hook in its manifest does not. Pure.
 */
export function postStartOpensLives(
  { postStart }: { readonly postStart?: unknown },
  runs: readonly RunRecord[],
): boolean {
  return postStart !== undefined && runs.some(({ hook }) => hook === 'postStart');
}
