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

Starts the built program as a process, with the image's flags and under its limit of memory, injects faults by a random
schedule, and counts what must never happen. Ends with 1 when anything of it did. A failure is told with the command that
plays it again: the same seed gives the same schedule, though not the same timing.

Options:
  --rounds X   X times as many rounds of each kind (default 1: some minutes; 10: 20,000 kills, and a soak of 100,000 deliveries)
  --round N    only this round of each kind; a schedule of kills has none, and is played whole
  --seed N     the seed of the schedule
  --only KIND  only this kind; may be given more than once: ${kinds.join(', ')}
  --memory N   the limit of memory for each sidecar and its children, in MiB (default 64; 0: none)
  --json FILE  write the counts to a file, too
`;

interface Options {
  readonly rounds: number;
  readonly seed: number;
  readonly round: number | undefined;
  readonly memoryMib: number;
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
        round: { type: 'string' },
        memory: { type: 'string', default: '64' },
        only: { type: 'string', multiple: true },
        json: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) return undefined;
    const [rounds, seed, only] = [Number(values.rounds), Number(values.seed), values.only ?? kinds];
    if (!(rounds > 0 && rounds <= 1000)) return `--rounds must be above 0, and 1000 at most: value is ${values.rounds}`;
    if (!Number.isInteger(seed)) return `--seed must be a whole number: value is ${values.seed}`;
    const [memoryMib, round] = [Number(values.memory), values.round === undefined ? undefined : Number(values.round)];
    if (!Number.isInteger(memoryMib) || memoryMib < 0)
      return `--memory must be a whole number of MiB: value is ${values.memory}`;
    if (round !== undefined && !(Number.isInteger(round) && round >= 0))
      return `--round must be a whole number: value is ${values.round}`;
    if (round !== undefined && values.only?.includes('kill') === true)
      return '--round: kill has no rounds, the same --seed plays all of it again';
    const unknown = only.find((kind) => !kinds.includes(kind));
    if (unknown !== undefined) return `--only must be one of ${kinds.join(', ')}: value is ${unknown}`;
    const played = round === undefined ? only : only.filter((kind) => kind !== 'kill');
    return { rounds, seed, round, memoryMib, only: played, jsonFile: values.json };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function reportOf(tallies: readonly Tally[]): string {
  const heads = ['fault', 'rounds', 'injected', 'executed', 'duplicates', ...PROMISES].map((head) => ({ head }));
  const sum = (of: (tally: Tally) => number) => tallies.reduce((all, tally) => all + of(tally), 0);
  const total = {
    fault: 'all',
    rounds: sum(({ rounds }) => rounds),
    injected: sum(({ injected }) => injected),
    executed: sum(({ executed }) => executed),
    duplicates: sum(({ duplicates }) => duplicates),
    broken: tallies.flatMap(({ broken }) => broken),
  };
  const rows = [...tallies, total].map(({ fault, rounds, injected, executed, duplicates, broken }) => [
    fault,
    ...[rounds, injected, executed, duplicates].map(String),
    ...PROMISES.map((promise) => String(broken.filter((each) => each.promise === promise).length)),
  ]);
  const notes = tallies.flatMap(({ fault, note }) => (note === undefined ? [] : [`${fault}: ${note}`]));
  return [...textTable(heads, rows, 240), '', ...notes].join('\n');
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
  const { rounds, seed, round, memoryMib, only, jsonFile } = options;
  const folder = mkdtempSync(join(tmpdir(), 'hookkeeper-faults-'));
  const report = join(folder, 'tallies');
  writeFileSync(report, '');
  const { node, system, cores, load } = thisMachine();
  process.stdout.write(
    `Node ${node} on ${system}, ${cores} cores, load ${load}; --seed ${seed} --rounds ${rounds} --memory ${memoryMib}\n`,
  );
  const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
  const files = only.map((kind) => `test/faults/${kind}.fault.ts`);
  const config = join('test', 'faults', 'vitest.config.ts');
  const settings = { FAULTS_ROUNDS: rounds, FAULTS_SEED: seed, FAULTS_ROUND: round, FAULTS_MEMORY: memoryMib };
  const set = Object.entries(settings).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]));
  const env = { ...process.env, FAULTS_REPORT: report, ...Object.fromEntries(set) };
  const { status } = spawnSync(process.execPath, [vitest, 'run', '--config', config, ...files], {
    cwd: ROOT,
    env,
    stdio: 'inherit',
  });
  const tallies = readTallies(report);
  rmSync(folder, { recursive: true });
  process.stdout.write(`\n${reportOf(tallies)}\n`);
  if (jsonFile !== undefined)
    writeFileSync(jsonFile, `${JSON.stringify({ seed, rounds, memoryMib, tallies }, undefined, 2)}\n`);
  return status === 0 && tallies.length > 0 ? 0 : 1;
}

process.exitCode = main();
