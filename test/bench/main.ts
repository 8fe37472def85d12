/** `npm run bench`: what Hookkeeper costs, each figure beside that of a peer from the same run. Measures, never asserts. */
import { readFileSync, writeFileSync } from 'node:fs';
import { type Machine, thisMachine } from './machine.ts';
import { helpText, type Options, type Outputs, parseOptions } from './options.ts';
import { pictureOf } from './picture.ts';
import { progressOf } from './progress.ts';
import { type Outcome, reportOf } from './report.ts';
import { joinResults, type Results } from './results.ts';
import type { Row } from './row.ts';
import { drain } from './rows/drain.ts';
import { duplicates } from './rows/duplicates.ts';
import { history } from './rows/history.ts';
import { hook } from './rows/hook.ts';
import { journal } from './rows/journal.ts';
import { memory } from './rows/memory.ts';
import { noTasks } from './rows/no-tasks.ts';
import { runs } from './rows/runs.ts';
import { sidecars } from './rows/sidecars.ts';
import { snapshot } from './rows/snapshot.ts';
import { start } from './rows/start.ts';
import { createScratch } from './scratch.ts';
import { tableOf, withTable } from './table.ts';

const ROWS: readonly Row[] = [
  start,
  memory,
  runs,
  noTasks,
  hook,
  duplicates,
  journal,
  history,
  drain,
  snapshot,
  sidecars,
];

type RunOptions = Extract<Options, { readonly kind: 'run' }>;

/** 0 measured, 1 a row failed, 2 wrong usage, or files that cannot be joined. */
async function main(options: Options): Promise<number> {
  switch (options.kind) {
    case 'help':
      process.stdout.write(helpText(ROWS));
      return 0;
    case 'usage':
      process.stderr.write(`${options.problem}\nSee npm run bench -- --help\n`);
      return 2;
    case 'from':
      return reportAgain(options);
    case 'run':
      return measureAll(options);
  }
}

/** What was measured before. */
function reportAgain({ files, ...outputs }: Extract<Options, { readonly kind: 'from' }>): number {
  const joined = joinResults(files);
  if (!joined.ok) {
    process.stderr.write(`${joined.problem}\n`);
    return 2;
  }
  process.stdout.write(`${joined.notes.join('\n')}\n`);
  return hand(joined.machine, joined.rows, outputs);
}

async function measureAll({ rows, rounds, program, jsonFile, ...outputs }: RunOptions): Promise<number> {
  const machine = thisMachine();
  const outcomes: Outcome[] = [];
  for (const row of rows) outcomes.push(await measure(row, rounds ?? row.rounds, program));
  if (jsonFile !== undefined) {
    const results: Results = { measuredAt: new Date().toISOString(), program, machine, rows: outcomes };
    writeFileSync(jsonFile, `${JSON.stringify(results, undefined, 2)}\n`);
  }
  return hand(machine, outcomes, outputs);
}

function hand(machine: Machine, outcomes: readonly Outcome[], { svgFile, markdownFile }: Outputs): number {
  process.stdout.write(`\n${reportOf(machine, outcomes)}`);
  if (svgFile !== undefined) writeFileSync(svgFile, pictureOf(machine, outcomes));
  if (markdownFile !== undefined) {
    const page = readFileSync(markdownFile, 'utf8');
    writeFileSync(markdownFile, withTable(page, tableOf(outcomes)) ?? page);
  }
  return outcomes.some(({ state }) => state === 'failed') ? 1 : 0;
}

/** With a scratch of its own, so that nothing of one row runs beside the next. */
async function measure(row: Row, rounds: number, program: string): Promise<Outcome> {
  const progress = progressOf(row.name, rounds);
  const scratch = createScratch();
  // However the process ends, what it started ends with it.
  process.once('exit', scratch.dispose);
  try {
    const result = await row.run({ program, rounds, scratch, progress: progress.done });
    return { row: row.name, state: 'measured', ...result };
  } catch (error) {
    return { row: row.name, state: 'failed', reason: error instanceof Error ? error.message : String(error) };
  } finally {
    process.off('exit', scratch.dispose);
    scratch.dispose();
    progress.clear();
  }
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(1));
process.exitCode = await main(parseOptions(process.argv.slice(2), ROWS));
