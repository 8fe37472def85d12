/** Reads the command line of `hookkeeper rehearse`. */
import { parseGrace } from '../config/grace.ts';
import { systemClock } from '../hooks/clock.ts';
import type { RehearsedApp } from '../rehearse/app-process.ts';
import { SCENARIOS } from '../rehearse/scenarios.ts';
import { taskTable } from '../tasks/table.ts';
import { readJournal } from './journal.ts';
import { outputSize } from './output-size.ts';
import { PORT_RULE, portOf } from './port-option.ts';
import { rehearse } from './rehearse.ts';
import { formOf } from './rehearse-files.ts';
import type { ToolCall } from './tool-call.ts';

export async function rehearseTool({ values, env, usage, ...call }: ToolCall): Promise<number> {
  const text = (name: string) => values.get(name)?.text;
  const wrong = (name: string, rule: string) => usage(`${values.get(name)?.from} ${rule}: value is ${text(name)}`);
  const grace = text('grace') === undefined ? undefined : parseGrace(text('grace') ?? '');
  if (grace?.ok === false) return wrong('grace', `${grace.rule}, ${grace.remedy}`);
  const given: readonly string[] = values.get('scenario')?.texts ?? SCENARIOS;
  const unknown = given.find((name) => !SCENARIOS.some((each) => each === name));
  if (unknown !== undefined) return usage(`--scenario must be one of ${SCENARIOS.join(', ')}: value is ${unknown}`);
  const port = text('app-port') === undefined ? undefined : portOf(text('app-port'));
  if (text('app-port') !== undefined && (port === undefined || port === 0)) return wrong('app-port', PORT_RULE);
  const reports = values.get('report')?.texts ?? [];
  const other = reports.find((file) => formOf(file) === undefined);
  if (other !== undefined) return usage(`--report must end in .html or .svg: value is ${other}`);
  const command = text('app');
  const app: RehearsedApp = command === undefined ? { kind: 'standIn', port } : { kind: 'command', command, port };
  const dir = values.get('journal');
  const read = await readJournal(dir?.text ?? '');
  if (typeof read === 'string' && dir?.byDefault === false) return usage(read);

  // A second signal ends nothing sooner: what was started would be left behind, and the end takes a moment only.
  const over = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => over.abort());
  const { HOOKKEEPER_GRACE_PERIOD: _, ...others } = env;
  return rehearse({
    ...call,
    file: text('config') ?? '',
    table: taskTable,
    env: others,
    graceMs: grace?.ms,
    graceFrom: values.get('grace')?.from ?? '--grace',
    // Each once, in the order of the help.
    scenarios: SCENARIOS.filter((name) => given.includes(name)),
    app,
    dryRun: text('dry-run') === 'true',
    runs: typeof read === 'string' ? undefined : read.runs,
    reports,
    record: text('record'),
    dist: import.meta.dirname,
    rows: outputSize(process.stdout).rows,
    clock: systemClock,
    random: Math.random,
    signal: over.signal,
  });
}
