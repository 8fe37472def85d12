/** `npm run faults`: breaks what can break around the built program, at random, and counts what must never happen. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { textTable } from '../../src/cli/text-table.ts';
import { thisMachine } from '../bench/machine.ts';
import { PROMISES, readTallies, type Tally } from './tally.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const kinds = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.fault.ts'))
  .map((file) => file.replace('.fault.ts', ''))
  .sort();

const HELP = `Usage: npm run faults -- [OPTIONS]

Starts the built program as a process, injects faults by a random schedule, and counts what must never happen. Ends with 1
when anything of it did. A failure names the seed; the same seed gives the same schedule, though not the same timing.

Options:
  --rounds X   X times as many rounds of each kind (default 1: a few minutes; 8: the long run)
  --seed N     the seed of the schedule
  --only KIND  only this kind; may be given more than once: ${kinds.join(', ')}
  --json FILE  write the counts to a file, too
`;

interface Options {
  readonly rounds: number;
  readonly seed: number;
  readonly only: readonly string[];
  readonly jsonFile: string | undefined;
}

/** The options, or what is wrong with them. */
function optionsOf(args: readonly string[]): Options | string | undefined {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        rounds: { type: 'string', default: '1' },
        seed: { type: 'string', default: String(Date.now() % 1_000_000) },
        only: { type: 'string', multiple: true },
        json: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) return undefined;
    const [rounds, seed, only] = [Number(values.rounds), Number(values.seed), values.only ?? kinds];
    if (!(rounds > 0 && rounds <= 1000)) return `--rounds must be above 0, and 1000 at most: value is ${values.rounds}`;
    if (!Number.isInteger(seed)) return `--seed must be a whole number: value is ${values.seed}`;
    const unknown = only.find((kind) => !kinds.includes(kind));
    if (unknown !== undefined) return `--only must be one of ${kinds.join(', ')}: value is ${unknown}`;
    return { rounds, seed, only, jsonFile: values.json };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function reportOf(tallies: readonly Tally[]): string {
  const heads = ['fault', 'rounds', 'injected', 'executed', 'rerun', ...PROMISES].map((head) => ({ head }));
  const rows = tallies.map(({ fault, rounds, injected, executed, rerun, broken }) => [
    fault,
    ...[rounds, injected, executed, rerun].map(String),
    ...PROMISES.map((promise) => String(broken.filter((each) => each.promise === promise).length)),
  ]);
  const notes = tallies.flatMap(({ fault, note }) => (note === undefined ? [] : [`${fault}: ${note}`]));
  return [...textTable(heads, rows, 200), '', ...notes].join('\n');
}

/** 0 nothing was broken, 1 something was, 2 wrong usage. */
function main(): number {
  const options = optionsOf(process.argv.slice(2));
  if (options === undefined) {
    process.stdout.write(HELP);
    return 0;
  }
  if (typeof options === 'string' || !existsSync(join(ROOT, 'dist', 'hookkeeper.cjs'))) {
    process.stderr.write(`${typeof options === 'string' ? options : 'npm run build makes the program'}\n`);
    return 2;
  }
  const { rounds, seed, only, jsonFile } = options;
  const folder = mkdtempSync(join(tmpdir(), 'hookkeeper-faults-'));
  const report = join(folder, 'tallies');
  writeFileSync(report, '');
  const { node, system, cores } = thisMachine();
  process.stdout.write(`Node ${node} on ${system}, ${cores} cores; --seed ${seed} --rounds ${rounds}\n`);
  const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
  const files = only.map((kind) => `test/faults/${kind}.fault.ts`);
  const config = join('test', 'faults', 'vitest.config.ts');
  const env = { ...process.env, FAULTS_ROUNDS: String(rounds), FAULTS_SEED: String(seed), FAULTS_REPORT: report };
  const { status } = spawnSync(process.execPath, [vitest, 'run', '--config', config, ...files], {
    cwd: ROOT,
    env,
    stdio: 'inherit',
  });
  const tallies = readTallies(report);
  rmSync(folder, { recursive: true });
  process.stdout.write(`\n${reportOf(tallies)}\n`);
  if (jsonFile !== undefined) writeFileSync(jsonFile, `${JSON.stringify({ seed, rounds, tallies }, undefined, 2)}\n`);
  return status === 0 && tallies.length > 0 ? 0 : 1;
}

process.exitCode = main();
