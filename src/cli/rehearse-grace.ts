/** What `rehearse` says of a grace that is not the config's. */
import { formatDuration } from '../config/duration.ts';
import type { Problem } from '../config/problem.ts';

/** What is to know of a reserve, in ms, that a sidecar refuses where it is told the grace at its start. */
export function tooShortFor(reserveMs: number, graceMs: number): string {
  const [grace, reserve] = [formatDuration(graceMs), formatDuration(reserveMs)];
  return `  it is told of the grace of ${grace} when the hook comes; a sidecar with HOOKKEEPER_GRACE_PERIOD=${grace} would refuse the reserve of ${reserve} at its start`;
}

/** With what told the grace instead of the variable that the sidecar gets for it. */
export function inWordsOf(graceFrom: string, problem: Problem): Problem {
  const reworded = (text: string) => text.replace('HOOKKEEPER_GRACE_PERIOD', graceFrom);
  return { ...problem, rule: reworded(problem.rule), remedy: reworded(problem.remedy) };
}
