import type { StatusView } from '../../src/observe/status-view.ts';
import { runView } from '../../src/observe/timeline/run-view.ts';
import { endedRun } from './timeline/run-records.ts';

export const statusView = (fields: Partial<StatusView> = {}): StatusView => ({
  version: '1.2.3',
  state: 'serving',
  told: null,
  startedAtMs: 1000,
  nowMs: 20_000,
  config: { file: '/etc/hookkeeper/hooks.yaml', digest: '0123456789ab', loadedAtMs: 1000, problems: [] },
  deadline: { source: 'config', graceMs: 45_000, reserveMs: 10_000 },
  journal: { state: 'durable' },
  containers: [{ name: 'app', hooks: [{ hook: 'preStop', tasks: 1 }] }],
  runs: [runView(endedRun(), undefined)],
  ...fields,
});
