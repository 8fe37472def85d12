import type { Figure } from '../config/figure.ts';

/** One metric as `/metrics` and the README's table show it. */
export interface MetricRow {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly labels: readonly string[];
  readonly help: string;
}

/**
 * All metrics of our own; those of Node and the process come on top. Labels take only names from the config and words of
 * the program: what a caller sends never becomes a label (P9).
 */
export const METRICS = {
  deliveries: {
    name: 'hookkeeper_deliveries_total',
    type: 'counter',
    labels: ['hook', 'container', 'served'],
    help: 'Deliveries, by how they were served: executed, joined, replayed or resumed',
  },
  refused: {
    name: 'hookkeeper_refused_total',
    type: 'counter',
    labels: ['reason'],
    help: 'Requests on the hook port that were refused, by the class of reason',
  },
  runsActive: {
    name: 'hookkeeper_runs_active',
    type: 'gauge',
    labels: [],
    help: 'Runs that are being executed',
  },
  runs: {
    name: 'hookkeeper_runs_total',
    type: 'counter',
    labels: ['hook', 'container', 'outcome'],
    help: 'Ended runs; interrupted are those that were broken off, as their container was another by then or was being stopped',
  },
  runDuration: {
    name: 'hookkeeper_run_duration_seconds',
    type: 'histogram',
    labels: ['hook'],
    help: 'How long runs took',
  },
  runRemaining: {
    name: 'hookkeeper_run_remaining_seconds',
    type: 'gauge',
    labels: ['hook', 'container'],
    help: 'Working time that was left when the last run ended; 0 when it ran out',
  },
  runWorking: {
    name: 'hookkeeper_run_working_seconds',
    type: 'gauge',
    labels: ['hook', 'container'],
    help: 'Working time that the last run was given: its grace minus the reserve',
  },
  deadlines: {
    name: 'hookkeeper_run_deadlines_total',
    type: 'counter',
    labels: ['hook', 'container', 'source'],
    help: 'Ended runs, by what their deadline came from in the end',
  },
  tasks: {
    name: 'hookkeeper_tasks_total',
    type: 'counter',
    labels: ['hook', 'container', 'task', 'outcome'],
    help: 'Ended tasks, those skipped included',
  },
  sheds: {
    name: 'hookkeeper_tasks_shed_total',
    type: 'counter',
    labels: ['hook', 'container', 'task'],
    help: 'Tasks that were not started for want of time',
  },
  undos: {
    name: 'hookkeeper_undos_total',
    type: 'counter',
    labels: ['container', 'outcome'],
    help: 'Stops that were taken back as the container came back: succeeded, or failed in a part',
  },
  attempts: {
    name: 'hookkeeper_attempts_total',
    type: 'counter',
    labels: ['hook', 'container', 'task', 'outcome'],
    help: 'Ended attempts of tasks',
  },
  retries: {
    name: 'hookkeeper_retries_total',
    type: 'counter',
    labels: ['hook', 'container', 'task'],
    help: 'Attempts after which the task is tried again',
  },
  journalWrites: {
    name: 'hookkeeper_journal_writes_total',
    type: 'counter',
    labels: ['result'],
    help: 'Writes of the journal file: ok or failed',
  },
  journalBytes: {
    name: 'hookkeeper_journal_bytes',
    type: 'gauge',
    labels: [],
    help: 'Size of the journal file when it was last written',
  },
  journalDegraded: {
    name: 'hookkeeper_journal_degraded',
    type: 'gauge',
    labels: [],
    help: '1 while the journal is kept in memory only, else 0',
  },
  configReloads: {
    name: 'hookkeeper_config_reloads_total',
    type: 'counter',
    labels: ['result'],
    help: 'Changed config files that were read again: ok or failed',
  },
  configLastReload: {
    name: 'hookkeeper_config_last_reload_successful',
    type: 'gauge',
    labels: [],
    help: '1 when the last config that was read is in force, 0 when it is bad and an older one is',
  },
  buildInfo: {
    name: 'hookkeeper_build_info',
    type: 'gauge',
    labels: ['version'],
    help: 'Always 1, with the version of the program',
  },
} as const satisfies Record<string, MetricRow>;

/** What a figure of a kind of task becomes. */
export function figureRow({ name, type, help }: Figure): MetricRow {
  return { name, type, help, labels: ['hook', 'container', 'task'] };
}
