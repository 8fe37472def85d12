import type { Walked } from './core-walk.ts';
import { EPOCH_MS } from './virtual-clock.ts';

/** Whether an execution takes another one back. */
export const isUndo = ({ task }: { readonly task: string }) => task.endsWith('/undo');

/**
 * P1: one success of a task in one life; one more only where the process died before it could be written down. A life whose
 * postStart found no sidecar, and which was not to be seen when its preStop came, can't be known again by what is seen later.
 */
export function once(walked: Walked): string[] {
  const { walk, calls, executions } = walked;
  // What the API server did not tell when it was asked is guessed.
  if (walk.api.some((manner) => manner === 'silent' || manner === 'forbidden')) return [];
  const seenLate = walk.evidence === 'sockets' || walk.evidence === 'api';
  const opened = new Set(calls.flatMap(({ delivery, life }) => (delivery.hook === 'postStart' ? [life] : [])));
  const seen = new Set<string>();
  return executions.flatMap(({ task, run, life, end, process }, index) => {
    if (end !== 'succeeded' || (seenLate && (!opened.has(life) || claimedAfterItsEnd(walked, run, life)))) return [];
    // What was taken back, as its container lived on, has to be done again.
    const takenBack = executions.slice(0, index).filter((each) => each.life === life && isUndo(each)).length;
    const name = isUndo({ task })
      ? `${task} of run ${run} in process ${process}`
      : `${task} of life ${life} in process ${process} after ${takenBack} undos`;
    if (seen.has(name)) return [`P1: ${name} succeeded twice`];
    seen.add(name);
    return [];
  });
}

/** Whether a run was claimed when its life was over: somebody called, and before it was looked at, the app crashed. */
function claimedAfterItsEnd({ told, events }: Walked, run: string, life: number): boolean {
  const claim = told.find((event) => event.type === 'delivered' && event.run.id === run);
  const end = events.find(
    (event) => event.type === 'containerEnded' && event.container === 'app' && event.restartCount === life,
  );
  return claim !== undefined && end !== undefined && end.atMs <= EPOCH_MS + claim.toldAtMs;
}
