import { statSync } from 'node:fs';
import * as z from 'zod/mini';
import type { TaskKind } from '../config/task-kind.ts';
import type { AttemptContext, AttemptResult, TaskAction } from '../hooks/task.ts';
import { processAt } from '../proc/process-table.ts';
import { NOT_SHARED } from '../proc/visible-processes.ts';
import { type FoundProcess, findProcesses } from './processes/find-processes.ts';
import { checkProcess, describeProcess } from './processes/process-query.ts';
import { isAlive, nameOf, processesGone } from './processes/processes-gone.ts';
import { type SignalSettings, signalSettings } from './signal-settings.ts';
import { summaryLine } from './summary-line.ts';
import { waitUntil } from './wait/wait-until.ts';

/** So many processes are named in a reason. */
const NAMED = 5;

/** `signal`: signals a process of another container, which the pod's shared PID namespace shows, and waits until it is gone. */
export const signalTask: TaskKind<TaskAction> = {
  name: 'signal',
  schema: () => z.pipe(signalSettings(), z.transform(signalAction)),
};

function signalAction(settings: SignalSettings): TaskAction {
  return {
    summary: summaryLine(`signal ${settings.send} to ${describeProcess(settings.to)}`),
    ownMs: undefined,
    lasts: settings.wait === undefined ? [] : [{ path: ['atLeast'], ms: settings.wait.atLeastMs }],
    stopMs: 0,
    check: () => checkProcess(settings.to).map((problem) => ({ ...problem, path: ['to', ...problem.path] })),
    async run(attempt) {
      if (attempt.signal.aborted) return failed('was told to stop');
      const target = findTarget(settings);
      if (target.kind === 'ended') return target.result;
      const sent = sendAll(target.processes, settings, attempt);
      if (sent !== undefined) return sent;
      if (settings.wait === undefined) return { outcome: 'succeeded' };
      return waitUntil(processesGone(target.processes), settings.wait, attempt);
    },
  };
}

type Target =
  | { readonly kind: 'processes'; readonly processes: readonly FoundProcess[] }
  | { readonly kind: 'ended'; readonly result: AttemptResult };

function findTarget({ to, all, onMissing }: SignalSettings): Target {
  const ended = (result: AttemptResult): Target => ({ kind: 'ended', result });
  const found = findProcesses(to);
  if (found.kind === 'unreadable') {
    // That the namespace is not shared does not change while the pod lives.
    return ended(failed(`could not look for the ${describeProcess(to)}: ${found.reason}`, found.reason !== NOT_SHARED));
  }
  const processes = all ? found.processes : withoutForks(found.processes);
  if (processes.length === 0) {
    const reason = `found no ${describeProcess(to)}, so there is nothing to signal`;
    return ended(onMissing === 'skip' ? { outcome: 'skipped', reason } : failed(reason));
  }
  if (processes.length > 1 && !all) {
    const reason = `found ${processes.length} of ${describeProcess(to)}: ${list(processes)}; say which one, or all: true`;
    return ended(failed(reason, false));
  }
  return { kind: 'processes', processes };
}

/** Those that did not come from another one: a program and its workers, or a fork that is soon another program, are one. */
function withoutForks(processes: readonly FoundProcess[]): readonly FoundProcess[] {
  const pids = new Set(processes.map(({ pid }) => pid));
  return processes.filter((each) => isAlive(each) && ![...ancestorsOf(each.pid)].some((up) => pids.has(up)));
}

function ancestorsOf(pid: number): Set<number> {
  const above = new Set<number>();
  for (let up = processAt(pid)?.parent; up !== undefined && !above.has(up); up = processAt(up)?.parent) above.add(up);
  return above;
}

/** Signals each that is still the one that was found. The failure, if there is one; those that may be signalled are, all the same. */
function sendAll(
  processes: readonly FoundProcess[],
  { send }: SignalSettings,
  attempt: AttemptContext,
): AttemptResult | undefined {
  const ends = processes.map((target) => ({ target, end: sendTo(target, send) }));
  const reached = (wanted: SendEnd) => ends.filter(({ end }) => end === wanted).map(({ target }) => target);
  const sent = reached('sent');
  if (sent.length > 0) attempt.progress(`sent SIG${send} to ${list(sent)}`);
  const [forbidden] = reached('forbidden');
  if (forbidden === undefined) return undefined;
  const remedy = `Hookkeeper has to run as the same user${userOf(forbidden)}, or with CAP_KILL`;
  return failed(`is not permitted to signal ${list(reached('forbidden'))}: ${remedy}`, false);
}

type SendEnd = 'sent' | 'gone' | 'forbidden';

function sendTo(target: FoundProcess, send: SignalSettings['send']): SendEnd {
  if (!isAlive(target)) return 'gone';
  try {
    process.kill(target.pid, `SIG${send}`);
    return 'sent';
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
    if (error.code === 'EPERM') return 'forbidden';
    if (error.code === 'ESRCH') return 'gone';
    throw error;
  }
}

function userOf({ pid }: FoundProcess): string {
  try {
    return `, ${statSync(`/proc/${pid}`).uid}`;
  } catch {
    return '';
  }
}

function list(processes: readonly FoundProcess[]): string {
  const more = processes.length > NAMED ? `, and ${processes.length - NAMED} more` : '';
  return processes.slice(0, NAMED).map(nameOf).join(', ') + more;
}

function failed(reason: string, retryable = true): AttemptResult {
  return { outcome: 'failed', reason, retryable };
}
