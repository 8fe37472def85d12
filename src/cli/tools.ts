/**
 * Every command but `serve`, as a bundle of its own (`dist/tools.cjs`): no pod pays at its start for what only people and
 * pipelines call. A new command is its file beside this one, its line in `commands.ts` and its line here.
 */
import { parseGrace } from '../config/grace.ts';
import { systemClock } from '../hooks/clock.ts';
import { taskTable } from '../tasks/table.ts';
import { check } from './check.ts';
import { checkManifestFiles } from './check-manifests.ts';
import { injectFiles, uninjectFiles } from './inject.ts';
import { journal, readJournal } from './journal.ts';
import { outputSize } from './output-size.ts';
import { plan } from './plan.ts';
import { PORT_RULE, portOf } from './port-option.ts';
import { rehearseTool } from './rehearse-tool.ts';
import { restore } from './restore.ts';
import { schema } from './schema.ts';
import { snapshots } from './snapshots.ts';
import { status } from './status.ts';
import type { ToolCall } from './tool-call.ts';

type Tool = (call: ToolCall) => number | Promise<number>;

const TOOLS: Readonly<Record<string, Tool>> = {
  check: checkTool,
  plan: planTool,
  rehearse: rehearseTool,
  inject: injectTool,
  schema: ({ write }) => schema({ table: taskTable, write }),
  journal: ({ values, write, colour, terminal, columns }) =>
    journal({
      dir: text(values, 'journal'),
      json: isOn(values, 'json'),
      write,
      colour,
      columns: terminal ? columns : Infinity,
      now: systemClock.epochMs,
    }),
  status: ({ values, usage, ...call }) => {
    const opsPort = portOf(text(values, 'ops-port'));
    if (opsPort === undefined)
      return usage(`${values.get('ops-port')?.from} ${PORT_RULE}: value is ${text(values, 'ops-port')}`);
    // A watch would go on for a reader that is gone.
    const unread = new AbortController();
    process.stdout.once('error', () => unread.abort());
    return status({
      ...call,
      opsPort,
      watch: isOn(values, 'watch'),
      json: isOn(values, 'json'),
      size: () => outputSize(process.stdout),
      taken: () => !process.stdout.writableNeedDrain,
      clock: systemClock,
      signal: unread.signal,
    });
  },
  snapshots: ({ values, write, usage }) =>
    values.has('from')
      ? snapshots({ from: text(values, 'from'), name: values.get('name')?.text, write })
      : usage('snapshots needs --from PLACE'),
  restore: ({ values, write, usage }) => {
    if (!values.has('from') || !values.has('to')) return usage('restore needs --from PLACE and --to DIR');
    return restore({
      from: text(values, 'from'),
      to: text(values, 'to'),
      name: values.get('name')?.text,
      archive: values.get('archive')?.text,
      overwrite: isOn(values, 'overwrite'),
      ifNeeded: isOn(values, 'if-needed'),
      write,
    });
  },
};

function checkTool({ values, ...call }: ToolCall): number {
  const output = text(values, 'output');
  if (output !== 'text' && output !== 'json') return call.usage(`--output must be text or json: value is ${output}`);
  const config = values.get('config');
  const manifests = values.get('manifest')?.texts;
  if (manifests === undefined) {
    const elsewhere = isOn(values, 'elsewhere');
    return check({ file: text(values, 'config'), output, table: taskTable, elsewhere, ...call });
  }
  const configFile = config?.byDefault === false ? config.text : undefined;
  return checkManifestFiles({ manifests, configFile, output, table: taskTable, ...call });
}

function injectTool({ values, ...call }: ToolCall): number {
  const manifests = values.get('file')?.texts;
  const config = values.get('config');
  if (manifests === undefined) return call.usage('inject needs -f FILE, or -f - for standard input');
  if (isOn(values, 'uninject')) return uninjectFiles({ manifests, ...call });
  if (config === undefined) return call.usage('inject needs --config FILE');
  return injectFiles({
    manifests,
    configFile: config.text,
    container: values.get('container')?.text,
    image: values.get('image')?.text,
    role: isOn(values, 'regular') ? 'regular' : 'native',
    table: taskTable,
    ...call,
  });
}

async function planTool({ values, env, usage, ...call }: ToolCall): Promise<number> {
  const dir = values.get('journal');
  const read = await readJournal(dir?.text ?? '');
  // Without a journal at the place where pods have it, the plan is worth having all the same.
  if (typeof read === 'string' && dir?.byDefault === false) return usage(read);
  const runs = typeof read === 'string' ? undefined : read.runs;
  const written = values.get('grace');
  const grace = written && parseGrace(written.text);
  if (grace?.ok === false) return usage(`${written?.from} ${grace.rule}: value is ${written?.text}, ${grace.remedy}`);
  // The file is read with its own grace: a shorter one that it does not fit into is what the plan is to show.
  const { HOOKKEEPER_GRACE_PERIOD: _, ...others } = env;
  const file = text(values, 'config');
  return plan({ file, table: taskTable, env: others, graceMs: grace?.ms, runs, ...call });
}

/** Runs the command of that name; resolves with the exit code. */
export async function runTool(name: string, call: ToolCall): Promise<number> {
  const tool = TOOLS[name];
  return tool === undefined ? call.usage(`unknown command ${name}`) : tool(call);
}

function text(values: ToolCall['values'], name: string): string {
  return values.get(name)?.text ?? '';
}

function isOn(values: ToolCall['values'], name: string): boolean {
  return text(values, name) === 'true';
}
