/** What must hold of every walk, whatever happened in it: the promises of the design, as far as they show from outside. */
import { RUNS_PER_HOOK } from '../../src/journal/bounds.ts';
import type { Walked } from './core-walk.ts';
import { isUndo, once } from './once-law.ts';
import { brokenOutliving } from './outlive-laws.ts';
import { brokenUndos } from './undo-laws.ts';
import { GRACE_MS, POST_START_MS, RESERVE_MS } from './walk-config.ts';

/** What is broken, in sentences; none when all holds. */
export function brokenLaws(walked: Walked): string[] {
  return [
    ...walked.broken,
    ...once(walked),
    ...joined(walked),
    ...replayed(walked),
    ...freshLives(walked),
    ...inTime(walked),
    ...nothingSilent(walked),
    ...neverWorse(walked),
    ...bounded(walked),
    ...brokenOutliving(walked),
    ...brokenUndos(walked),
  ];
}

/** P2: whoever joins gets the result of the run that was joined; nobody who goes away cancels a run. */
function joined({ calls, told }: Walked): string[] {
  const ends = new Map(
    told.flatMap((event) =>
      event.type === 'runEnded'
        ? [[`${event.process} ${event.run.id} ${event.run.endedAtMs}`, event.run.outcome] as const]
        : [],
    ),
  );
  const different = calls.flatMap(({ result, process }) => {
    if (result?.kind !== 'ended' || result.delivery === 'replayed') return [];
    const { id, endedAtMs, outcome } = result.run;
    const known = ends.get(`${process} ${id} ${endedAtMs}`);
    return known === outcome
      ? []
      : [`P2: a ${result.delivery} delivery of ${id} was told ${outcome}, but it was ${known}`];
  });
  const bugs = told.flatMap((event) =>
    event.type === 'runBug' || event.type === 'taskBug' ? [`a bug in ${event.run.id}`] : [],
  );
  return [...different, ...bugs];
}

/** P3: a replay is told at once, and executes nothing. */
function replayed({ told, executions }: Walked): string[] {
  return told.flatMap((event, index) => {
    if (event.type !== 'delivered' || event.served !== 'replayed') return [];
    const { id } = event.run;
    const later = told
      .slice(index)
      .filter((each) => each.type === 'taskStarted' && each.run.id === id && !isUndo(each));
    const going = executions.some(
      ({ run, end, process }) => run === id && process === event.process && end === 'going',
    );
    return later.length === 0 && !going ? [] : [`P3: a replay of ${id} was followed by executions`];
  });
}

/**
 * P4: each life gets runs of its own wherever the life is known: by its key; by sequence, after a preStop closed the life before,
 * and for all that comes after its own postStart was executed.
 */
function freshLives({ walk, calls }: Walked): string[] {
  const claimed = new Map<string, number>();
  return calls.flatMap(({ result, life, delivery }, index) => {
    if (result?.kind !== 'ended') return [];
    const { id } = result.run;
    const first = claimed.get(id) ?? life;
    claimed.set(id, first);
    const before = calls.slice(0, index);
    const closed = before.findLast(
      (call) => call.delivery.hook === 'preStop' && call.life < life && call.result !== undefined,
    );
    const reopened = before.some(
      (call) =>
        call.delivery.hook === 'postStart' && call.life < life && closed !== undefined && call.atMs >= closed.atMs,
    );
    const opened = before.some(
      (call) => call.life === life && call.result?.kind === 'ended' && call.result.delivery === 'executed',
    );
    const known =
      walk.evidence === 'key' || opened || (delivery.hook === 'postStart' && closed !== undefined && !reopened);
    return first === life || !known
      ? []
      : [`P4: a ${delivery.hook} of life ${life} was served with the run ${id} of life ${first}`];
  });
}

/** P5: every run is over before the deadline that its last delivery by the kubelet brought, minus the reserve. */
function inTime({ walk, told, executions }: Walked): string[] {
  return told.flatMap((event) => {
    if (event.type !== 'runEnded') return [];
    const { run, toldAtMs, process } = event;
    const graceMs = walk.evidence === 'api' ? Math.max(GRACE_MS, run.deadline.graceMs) : GRACE_MS;
    const workMs = run.hook === 'preStop' ? graceMs - RESERVE_MS : POST_START_MS;
    const deliveries = told.flatMap((each) =>
      each.type === 'delivered' &&
      each.run.id === run.id &&
      each.process === process &&
      each.toldAtMs <= toldAtMs &&
      (each.served === 'executed' ||
        each.served === 'resumed' ||
        (each.served === 'joined' && each.delivery.caller === 'kubelet'))
        ? [each.toldAtMs]
        : [],
    );
    const lateMs = toldAtMs - (Math.max(...deliveries) + workMs);
    const going = executions.filter((each) => each.run === run.id && each.process === process && each.end === 'going');
    return [
      ...(lateMs > 0 ? [`P5: run ${run.id} ended ${lateMs} ms after its working time`] : []),
      ...going.map(({ task }) => `P5: ${task} outlived its run ${run.id}`),
    ];
  });
}

/** P6: an ended run says how each of its tasks ended, and why it did not succeed. */
function nothingSilent({ told }: Walked): string[] {
  return told.flatMap((event) => {
    if (event.type !== 'runEnded') return [];
    const { id, tasks, outcome, reason } = event.run;
    const silent = tasks.filter((task) => task.state !== 'ended' || (task.outcome !== 'succeeded' && !task.reason));
    const why = outcome !== 'succeeded' && !reason ? [`P6: run ${id} ${outcome} without a reason`] : [];
    return [...silent.map(({ name }) => `P6: ${name} of ${id} ended without a reason`), ...why];
  });
}

/** P7: the pod ends in time, and its sidecar by itself. */
function neverWorse({ events, walk }: Walked): string[] {
  const longestMs = POST_START_MS + 1000 + 2 * (GRACE_MS + 2000) + 2000;
  // Nobody ends a pod while no kubelet is there.
  const ended = events.find(({ type }) => type === 'podEnded');
  const from = events.findLast(({ type }) => type === 'deleted' || type === 'kubeletStarted');
  const endedAfterMs = ended && from && ended.atMs - from.atMs;
  const last = events.findLast((event) => event.type === 'containerEnded' && event.container === 'hookkeeper');
  const alive = last?.type === 'containerEnded' && last.exit.signal === null;
  const killed = events.some(
    (event) => event.type === 'signalSent' && event.signal === 'SIGKILL' && event.container === 'hookkeeper',
  );
  return [
    ...(endedAfterMs === undefined || endedAfterMs > longestMs ? [`P7: the pod took ${endedAfterMs} ms to end`] : []),
    ...(killed && alive && walk.heedsSigterm ? ['P7: the pod waited for the sidecar until SIGKILL'] : []),
  ];
}

/** P9: the journal keeps the last runs of each hook, and nothing is left going in it by a process that ended by itself. */
function bounded({ runs, events }: Walked): string[] {
  const last = events.findLast((event) => event.type === 'containerEnded' && event.container === 'hookkeeper');
  const byItself = last?.type === 'containerEnded' && last.exit.code === 0;
  const newest = `p${last?.type === 'containerEnded' ? last.restartCount + 1 : 0}`;
  const going = runs.filter((run) => byItself && run.state === 'running' && run.instance === newest);
  return [
    ...(runs.length > 2 * RUNS_PER_HOOK + 2 ? [`P9: the journal has ${runs.length} runs`] : []),
    ...going.map(({ id }) => `P2: run ${id} was left going by a process that ended by itself`),
  ];
}
