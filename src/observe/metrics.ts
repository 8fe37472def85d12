import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { HookName } from '../config/config.ts';
import type { Figure } from '../config/figure.ts';
import { DELIVERY_KINDS } from '../hooks/delivery.ts';
import type { HookEvent } from '../hooks/event.ts';
import { DEADLINE_SOURCES, type Durability, RUN_OUTCOMES, TASK_OUTCOMES } from '../journal/entry.ts';
import type { JournalEvent } from '../journal/event.ts';
import { figureRow, METRICS, type MetricRow } from './metric-table.ts';

/** What the program counts. prom-client is known to this file alone. */
export interface Metrics {
  /** Counts what an event says. */
  countEvent(event: HookEvent): void;
  /** Counts a request that was refused before it became a delivery. `reason` is a word from a closed set, never a caller's. */
  countRefused(reason: string): void;
  /** Counts what happens to the journal. */
  countJournalEvent(event: JournalEvent): void;
  /** Counts a config that was read again. */
  countReload(result: 'ok' | 'failed'): void;
  /** What `/metrics` answers, in Prometheus' text format. */
  text(): Promise<string>;
  readonly contentType: string;
}

/** What is looked up when `/metrics` is asked. */
export interface MetricsInput {
  readonly version: string;
  readonly activeRuns: () => number;
  readonly durability: () => Durability;
  /** The kinds of tasks, with what they measure. */
  readonly kinds: readonly { readonly name: string; readonly figures?: readonly Figure[] }[];
  /** The hooks of the config of now. Their counters are there from the start: Prometheus sees no increase in what just appeared. */
  readonly hooks: () => readonly ConfiguredHook[];
  /** The classes of refusals of the hook port. */
  readonly refusals: readonly string[];
}

interface ConfiguredHook {
  readonly hook: HookName;
  readonly container: string;
  readonly tasks: readonly { readonly name: string; readonly kind: string }[];
}

/** From a hook that only sends a request to one that uses up a long grace, in seconds. */
const RUN_BUCKETS = [0.05, 0.25, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600];

/** What the journal calls a run that had no end; one of a process that was killed is not counted by the next one. */
const BROKEN_OFF = 'interrupted';

const UNDO_OUTCOMES = ['succeeded', 'failed'] as const;
const LACKING = TASK_OUTCOMES.filter((outcome) => outcome !== 'succeeded');

/** Of the default ones those that are called counters and are none: Prometheus' own linter refuses them. Their parts are there by type. */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

/** Metrics with a registry of their own. The default ones of Node and the process are added when they are first asked for: nobody scrapes most pods. */
export function createMetrics({ version, activeRuns, durability, kinds, hooks, refusals }: MetricsInput): Metrics {
  const registry = new Registry();
  let withDefaults = false;
  const optionsOf = ({ name, help, labels }: MetricRow) => ({ name, help, labelNames: labels, registers: [registry] });
  const counter = (row: MetricRow) => new Counter(optionsOf(row));
  const gauge = (row: MetricRow) => new Gauge(optionsOf(row));
  const lookedUp = (row: MetricRow, value: () => number) =>
    new Gauge({
      ...optionsOf(row),
      collect() {
        this.set(value());
      },
    });

  const deliveries = counter(METRICS.deliveries);
  const refused = counter(METRICS.refused);
  for (const reason of [...refusals, 'hooks']) refused.inc({ reason }, 0);
  lookedUp(METRICS.runsActive, activeRuns);
  const runs = counter(METRICS.runs);
  const runDuration = new Histogram({ ...optionsOf(METRICS.runDuration), buckets: RUN_BUCKETS });
  /** The hooks of which it has something: to set it to zero would forget that. */
  const timed = new Set<HookName>();
  const runRemaining = gauge(METRICS.runRemaining);
  const runWorking = gauge(METRICS.runWorking);
  const deadlines = counter(METRICS.deadlines);
  const tasks = counter(METRICS.tasks);
  const sheds = counter(METRICS.sheds);
  const undos = counter(METRICS.undos);
  const attempts = counter(METRICS.attempts);
  const retries = counter(METRICS.retries);
  const measured = new Map(
    kinds.flatMap(({ figures = [] }) =>
      figures.map((figure) => {
        const row = figureRow(figure);
        return [figure.name, figure.type === 'counter' ? counter(row) : gauge(row)] as const;
      }),
    ),
  );
  const journalWrites = counter(METRICS.journalWrites);
  for (const result of ['ok', 'failed']) journalWrites.inc({ result }, 0);
  const journalBytes = gauge(METRICS.journalBytes);
  lookedUp(METRICS.journalDegraded, () => (durability().state === 'degraded' ? 1 : 0));
  const configReloads = counter(METRICS.configReloads);
  for (const result of ['ok', 'failed']) configReloads.inc({ result }, 0);
  const configLastReload = gauge(METRICS.configLastReload);
  configLastReload.set(1);
  gauge(METRICS.buildInfo).set({ version }, 1);

  function countEvent(event: HookEvent): void {
    if (event.type === 'deliveryRefused') {
      refused.inc({ reason: 'hooks' });
      return;
    }
    const { hook, container } = event.run;
    switch (event.type) {
      case 'delivered':
        if (event.delivery.withoutHook !== true) deliveries.inc({ hook, container, served: event.served });
        return;
      case 'attemptEnded':
        attempts.inc({ hook, container, task: event.task, outcome: event.outcome });
        if (event.retryInMs !== undefined) retries.inc({ hook, container, task: event.task });
        return;
      case 'taskEnded':
        tasks.inc({ hook, container, task: event.task.name, outcome: event.task.outcome });
        if (event.shed) sheds.inc({ hook, container, task: event.task.name });
        return;
      case 'runEnded': {
        const { source, graceMs, reserveMs } = event.run.deadline;
        runs.inc({ hook, container, outcome: event.run.outcome });
        deadlines.inc({ hook, container, source });
        runWorking.set({ hook, container }, (graceMs - reserveMs) / 1000);
        timed.add(hook);
        runDuration.observe({ hook }, event.run.durationMs / 1000);
        runRemaining.set({ hook, container }, Math.max(0, event.run.remainingMs) / 1000);
        return;
      }
      case 'runBrokenOff':
        runs.inc({ hook, container, outcome: BROKEN_OFF });
        return;
      case 'taskFigure':
        measure(event, { hook, container, task: event.task });
        return;
      case 'undoEnded':
        undos.inc({ container, outcome: UNDO_OUTCOMES[event.failed.length === 0 ? 0 : 1] });
        return;
      case 'runStarted':
      case 'deadlineMoved':
      case 'stopReason':
      case 'graceIgnored':
      case 'undoStarted':
      case 'reconciled':
      case 'reconcileWaits':
      case 'taskStarted':
      case 'taskOutput':
      case 'taskProgress':
      case 'outputLimit':
      case 'taskBug':
      case 'runBug':
        return;
    }
  }

  function collectDefaults(): void {
    if (withDefaults) return;
    withDefaults = true;
    collectDefaultMetrics({ register: registry });
    for (const name of MISNAMED) registry.removeSingleMetric(name);
  }

  function countFromNothing(): void {
    for (const { hook, container, tasks: all } of hooks()) {
      for (const outcome of [...RUN_OUTCOMES, BROKEN_OFF]) runs.inc({ hook, container, outcome }, 0);
      for (const served of DELIVERY_KINDS) deliveries.inc({ hook, container, served }, 0);
      for (const source of DEADLINE_SOURCES) deadlines.inc({ hook, container, source }, 0);
      if (!timed.has(hook)) runDuration.zero({ hook });
      timed.add(hook);
      if (hook === 'preStop') for (const outcome of UNDO_OUTCOMES) undos.inc({ container, outcome }, 0);
      for (const { name: task, kind } of all) {
        sheds.inc({ hook, container, task }, 0);
        retries.inc({ hook, container, task }, 0);
        // How often it went well is seen in the runs.
        for (const outcome of LACKING) tasks.inc({ hook, container, task, outcome }, 0);
        for (const { name } of kinds.find((each) => each.name === kind)?.figures ?? []) {
          const metric = measured.get(name);
          if (metric instanceof Counter) metric.inc({ hook, container, task }, 0);
        }
      }
    }
  }

  function measure(
    { figure, value }: Extract<HookEvent, { type: 'taskFigure' }>,
    labels: Record<string, string>,
  ): void {
    const metric = measured.get(figure.name);
    if (metric instanceof Counter) metric.inc(labels, Math.max(0, value));
    else metric?.set(labels, value);
  }

  return {
    countEvent,
    countRefused: (reason) => refused.inc({ reason }),
    countJournalEvent(event) {
      if (event.type === 'writeFailed') journalWrites.inc({ result: 'failed' });
      if (event.type !== 'written') return;
      journalWrites.inc({ result: 'ok' });
      journalBytes.set(event.bytes);
    },
    countReload(result) {
      configReloads.inc({ result });
      configLastReload.set(result === 'ok' ? 1 : 0);
    },
    text() {
      collectDefaults();
      countFromNothing();
      return registry.metrics();
    },
    contentType: registry.contentType,
  };
}
