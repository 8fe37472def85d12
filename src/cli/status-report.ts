/** What `/status` tells. */
import type { Clock } from '../hooks/clock.ts';
import type { OpenJournal } from '../journal/store.ts';
import { lifeReport } from '../server/life-report.ts';
import type { StatusReport } from '../server/ops-app.ts';
import type { Ending } from './ending.ts';
import type { LiveConfig } from './live-config.ts';

export interface StatusInput {
  readonly version: string;
  readonly configFile: string;
  readonly live: LiveConfig;
  readonly journal: OpenJournal;
  readonly ending: Pick<Ending, 'current'>;
  readonly activeRuns: () => number;
  readonly clock: Clock;
}

/** How many runs are shown. */
const SHOWN_RUNS = 20;

export function statusReport({
  version,
  configFile,
  live,
  journal,
  ending,
  activeRuns,
  clock,
}: StatusInput): StatusReport {
  const { digest, grace } = live.config();
  const reload = { loadedAtMs: live.loadedAtMs(), lastReloadError: live.lastReloadError() };
  return {
    version,
    state: ending.current().state,
    life: lifeReport(ending.current(), clock),
    config: { file: configFile, digest, ...reload },
    deadline: { source: grace.source, graceMs: grace.periodMs, reserveMs: grace.reserveMs },
    journal: journal.durability(),
    activeRuns: activeRuns(),
    runs: journal.all().slice(-SHOWN_RUNS),
  };
}
