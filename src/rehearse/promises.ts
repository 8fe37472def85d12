/** Which promises a rehearsed life kept: counted from the pod's events, the log and the journal, never assumed. Pure. */
import { seconds } from '../hooks/sentence.ts';
import type { RunRecord } from '../journal/entry.ts';
import { lastingEnds } from './lasting-ends.ts';
import { cutOff, hooksSent, lifeOf, type RehearsedLife, SIDECAR, servedAs, wasKilled } from './rehearsed-life.ts';
import { critical, hooksSucceed, undone } from './task-verdicts.ts';
import { count, titleOf, type Verdict, type VerdictInput, verdict } from './verdict.ts';

type EndedRun = RunRecord & { readonly state: 'ended' };

/** The verdict on all that this life shows; a promise that it does not put to the test is left out. */
export function verdictsOf(input: VerdictInput): Verdict[] {
  const { life, problem } = input;
  const played: Verdict[] = problem === undefined ? [] : [verdict(null, 'played to its end', [problem], '')];
  return [
    ...played,
    once(life),
    ...joined(life),
    ...kept(life),
    freshLives(life),
    inTime(life),
    ...critical(input),
  ].concat(hooksSucceed(input), undone(life), nothingSilent(life), neverWorse(input), outlive(life));
}

function once(life: RehearsedLife): Verdict {
  const executions = life.log.filter(({ event, task }) => event === 'taskStarted' && !isUndo(task));
  const keyOf = (run: RunRecord | undefined, task = '') =>
    run === undefined ? undefined : `${run.container}#${lifeOf(life, run)} ${run.hook} ${task}`;
  const known = new Map(life.runs.map((run) => [run.id, run]));
  const done = new Set<string>();
  const started = new Set<string>();
  const again: string[] = [];
  const ends = new Set(lastingEnds(life.log));
  for (const entry of life.log) {
    const key = keyOf(known.get(entry.run ?? ''), entry.task);
    if (key === undefined) continue;
    if (entry.event === 'taskStarted') {
      if (done.has(key)) again.push(`${key} was executed again after it had succeeded`);
      started.add(key);
    }
    if (ends.has(entry)) done.add(key);
  }
  const unknown = executions.filter(({ run = '' }) => !known.has(run)).length;
  const lost = unknown === 0 ? [] : [`${unknown} executions are of runs that the journal does not have`];
  const tasks = [...started].filter((key) => !key.endsWith('/undo')).length;
  const more = executions.length - tasks;
  const repeats = more === 0 ? '' : `, ${more} of them for what had not succeeded`;
  return verdict(
    'P1',
    'once',
    [...again, ...lost],
    `${count(tasks, 'task')}, ${count(executions.length, 'execution')}${repeats}`,
  );
}

function isUndo(task = ''): boolean {
  return task.endsWith('/undo');
}

/** Deliveries that came while their run was executed; none where there was no such. */
function joined({ log }: RehearsedLife): Verdict[] {
  const executing = new Set<string>();
  const bad: string[] = [];
  let good = 0;
  for (const { event, run = '', served, hook, container, msg } of log) {
    if (event === 'delivered' && executing.has(run)) {
      if (served === 'joined') good += 1;
      else bad.push(`a ${hook} of ${container} during run ${run} was ${served}`);
    }
    if (event === 'runStarted') executing.add(run);
    if (event === 'runEnded') executing.delete(run);
    // A process that was killed executes nothing any more.
    if (event === 'journal.opened' && msg !== '') executing.clear();
  }
  if (good + bad.length === 0) return [];
  return [verdict('P2', 'join', bad, `${count(good, 'delivery', 'deliveries')} during a run joined it`)];
}

/** What a delivery for a run that had ended, or was cut off, left alone; none where there was no such. */
function kept({ log, runs }: RehearsedLife): Verdict[] {
  const again = log.filter(
    ({ event, served }) => event === 'delivered' && (served === 'resumed' || served === 'replayed'),
  );
  if (again.length === 0) return [];
  const ends = lastingEnds(log);
  const bad = again.flatMap(({ run, atMs }) => {
    const done = new Set(ends.flatMap((end) => (end.run === run && end.atMs < atMs ? (end.task ?? []) : [])));
    const redone = log.filter(
      (entry) => entry.run === run && entry.event === 'taskStarted' && entry.atMs >= atMs && done.has(entry.task ?? ''),
    );
    const ended = runs.some((each) => each.id === run && each.state === 'ended');
    return [...redone.map(({ task }) => `${task} was done again`), ...(ended ? [] : [`run ${run} never ended`])];
  });
  const words = ['resumed', 'replayed'].flatMap((how) => {
    const times = again.filter(({ served }) => served === how).length;
    return times === 0 ? [] : [`${count(times, 'run')} ${how}`];
  });
  return [verdict('P3', 'replay and resume', bad, `${words.join(', ')}, nothing of it done again`)];
}

function freshLives(life: RehearsedLife): Verdict {
  const delivered = new Map<string, number>();
  for (const { container, hook, restartCount, result } of hooksSent(life)) {
    // A call that found nobody is another promise's matter.
    const reached = result?.kind !== 'failure' || /malformed|EOF|reset/.test(result.error);
    if (reached) delivered.set(`${hook} of ${container}, life ${restartCount + 1}`, 0);
  }
  for (const run of life.runs) {
    const key = `${run.hook} of ${run.container}, life ${lifeOf(life, run) + 1}`;
    delivered.set(key, (delivered.get(key) ?? 0) + 1);
  }
  const bad = [...delivered].filter(([, runs]) => runs !== 1).map(([key, runs]) => `${key}: ${count(runs, 'run')}`);
  const lives = life.events.filter((event) => event.type === 'containerStarted' && event.container !== SIDECAR).length;
  const why = `${count(lives, 'life', 'lives')} of the app, ${count(life.runs.length, 'run')}, one a hook and life`;
  return verdict('P4', 'fresh life', bad, why);
}

function inTime(life: RehearsedLife): Verdict {
  const cut = life.runs.filter((run) => cutOff(life, run));
  const bad = life.runs.flatMap((run) => {
    if (run.state !== 'ended') return cut.includes(run) ? [] : [`${titleOf(run)} never ended`];
    return run.remainingMs > 0 ? [] : [`${titleOf(run)} ended after its time`];
  });
  const late = hooksSent(life).flatMap(({ hook, container, result }) =>
    result?.kind === 'graceOver' ? [`the grace was over before the ${hook} of ${container} was answered`] : [],
  );
  const left = life.runs.flatMap((run) => (run.state === 'ended' ? [run.remainingMs] : []));
  const why = left.length === 0 ? 'nothing had to be in time' : `${seconds(Math.min(...left))} left at the tightest`;
  const killed = cut.length === 0 ? '' : `; ${count(cut.length, 'run')} cut off by the kill, and not called for again`;
  return verdict('P5', 'in time', [...bad, ...late], `${why}${killed}`);
}

function nothingSilent(life: RehearsedLife): Verdict {
  const lacking = life.runs
    .flatMap((run) => run.tasks.map((task) => ({ run, task })))
    .filter(({ task }) => {
      return task.state === 'ended' && task.outcome !== 'succeeded';
    });
  const bad = lacking.flatMap(({ run, task }) =>
    task.state === 'ended' && !task.reason ? [`${task.name} of ${titleOf(run)} has no reason`] : [],
  );
  const failed = life.runs.filter((run): run is EndedRun => run.state === 'ended' && run.outcome !== 'succeeded');
  const untold = failed.flatMap((run) => {
    const mine = hooksSent(life).filter(
      ({ container, hook, restartCount }) =>
        container === run.container && hook === run.hook && restartCount === lifeOf(life, run),
    );
    const told = mine.at(-1)?.result;
    return told?.kind === 'success' && servedAs(told) !== undefined
      ? [`the kubelet took the failure of ${titleOf(run)} for success`]
      : [];
  });
  const tasks =
    lacking.length === 0
      ? 'every task succeeded'
      : `${count(lacking.length, 'task')} did not succeed, ${lacking.length === 1 ? '' : 'each '}with its reason`;
  const runs = failed.length === 0 ? '' : `; the kubelet was told of ${count(failed.length, 'failed run')}`;
  return verdict('P6', 'nothing silent', [...bad, ...untold], `${tasks}${runs}`);
}

function neverWorse({ life: { events, log }, problem }: VerdictInput): Verdict {
  const crashes = events.flatMap((event) => {
    if (event.type !== 'containerEnded' || event.container !== SIDECAR) return [];
    const { code, signal } = event.exit;
    // SIGKILL comes from the scenario or the kubelet: that is another promise's matter.
    if (code === 0 || signal === 'SIGKILL') return [];
    return [`hookkeeper ended with ${signal === null ? `exit code ${code}` : `signal ${signal}`}`];
  });
  const bugs = log.flatMap(({ event, msg }) => (event === 'runBug' || event === 'taskBug' ? [msg] : []));
  const degraded = log.flatMap(({ event, msg }) => (event === 'journal.degraded' ? [msg] : []));
  const ended = events.some(({ type }) => type === 'podEnded');
  // What was not played to its end did not get so far, and says so itself.
  const lasting = ended || problem !== undefined ? [] : ['the pod did not end'];
  const why = ended ? 'the pod ended, nothing crashed' : 'nothing crashed';
  return verdict('P7', 'never worse', [...crashes, ...bugs, ...degraded, ...lasting], why);
}

function outlive(life: RehearsedLife): Verdict {
  const sent = hooksSent(life);
  const lost = sent.filter(({ atMs, result }) => result?.kind === 'failure' && wasKilled(life, atMs));
  const refused = sent.flatMap(({ hook, container, atMs, result }) =>
    result?.kind === 'failure' && !/malformed/.test(result.error) && !wasKilled(life, atMs)
      ? [`the ${hook} of ${container} found nobody: ${result.error}`]
      : [],
  );
  const killed = life.events.flatMap((event) =>
    event.type === 'signalSent' && event.container === SIDECAR && event.signal === 'SIGKILL'
      ? ['hookkeeper did not end by itself after its SIGTERM']
      : [],
  );
  const found = `${count(sent.length - lost.length, 'hook call')} found Hookkeeper there, and it ended by itself`;
  const why = lost.length === 0 ? found : `${found}; ${count(lost.length, 'call')} came while it was killed`;
  return verdict('P8', 'outlive', [...refused, ...killed], why);
}
