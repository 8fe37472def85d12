/** What the runs that are being executed tell of the end of the pod, whatever tells hookkeeper to stop: pure. */
import type { RunRecord } from '../journal/entry.ts';

/** Whether its container is being started: a deletion waits for that (kubelet contract, section 3), so that the pod does not end. */
export function isStarting({ state, hook }: RunRecord): boolean {
  return state === 'running' && hook === 'postStart';
}

/** Whether it shows that the grace of the pod is not over: the one that the API server tells is the true one, and ends the run. */
export function outlasts(run: RunRecord): boolean {
  return isStarting(run) || (run.state === 'running' && run.deadline.toldByApi === true);
}
