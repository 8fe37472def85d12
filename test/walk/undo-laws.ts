/** What must hold of undos in every walk: what a preStop took away is given back once, in reverse, when the container comes back. */
import type { Walked } from './core-walk.ts';

/** The tasks that have an undo, in the order in which they are taken back. */
const IN_REVERSE = ['save/undo', 'left/undo', 'drain/undo'];

export function brokenUndos(walked: Walked): string[] {
  return [...inReverse(walked), ...onlyWhatWasStarted(walked), ...whenItCameBack(walked)];
}

function undosOf({ executions }: Walked) {
  return executions.filter(({ task }) => IN_REVERSE.includes(task));
}

/** One process takes a run back from its last task to its first, and none twice but one that it was stopped in. */
function inReverse(walked: Walked): string[] {
  const orders = new Map<string, { readonly place: number; readonly stopped: boolean }[]>();
  for (const { run, process, task, end } of undosOf(walked)) {
    const name = `${run} in process ${process}`;
    const undo = { place: IN_REVERSE.indexOf(task), stopped: end === 'stopped' };
    orders.set(name, [...(orders.get(name) ?? []), undo]);
  }
  return [...orders].flatMap(([name, order]) =>
    order.every(({ place }, index) => {
      const before = order[index - 1];
      return before === undefined || place > before.place || (place === before.place && before.stopped);
    })
      ? []
      : [`undo: ${name} went ${order.map(({ place }) => place).join(', ')}`],
  );
}

/** Nothing is given back that was not taken away, or claimed to be when its run was broken off. */
function onlyWhatWasStarted(walked: Walked): string[] {
  return undosOf(walked).flatMap(({ run, task }) => {
    const known = walked.runs.find(({ id }) => id === run)?.tasks.find(({ name }) => `${name}/undo` === task);
    const claimed = known === undefined || (known.state !== 'pending' && known.attempts > 0);
    return claimed ? [] : [`undo: ${task} of ${run} gave back what was never taken`];
  });
}

/** A postStart that succeeded in a later life, where the life is known, means that the stop before is taken back. */
function whenItCameBack({ walk, runs, executions }: Walked): string[] {
  if (walk.evidence !== 'key' && walk.evidence !== 'process') return [];
  return runs.flatMap((run, index) => {
    if (run.hook !== 'preStop') return [];
    const next = runs[index + 1];
    const cameBack = next?.hook === 'postStart' && next.state === 'ended' && next.outcome === 'succeeded';
    const took = executions.some((each) => each.run === run.id && IN_REVERSE.includes(`${each.task}/undo`));
    return cameBack && took && run.undo === undefined ? [`undo: ${run.id} was never taken back`] : [];
  });
}
