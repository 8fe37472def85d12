/** `npm run hostile`: attacks the built program from many sockets, with an honest kubelet beside, and counts what must never happen. */
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
  .filter((file) => file.endsWith('.hostile.ts'))
  .map((file) => file.replace('.hostile.ts', ''))
  .sort();

const HELP = `Usage: npm run hostile -- [OPTIONS]

Starts the built program as a process with the image's flags and under the examples' limit of memory, and attacks both its
ports, while a kubelet beside calls hooks and probes; then feeds its parsers what nobody means well. Ends with 1 when anything
happened that must not. A failure is told with the command that attacks so again: the same seed sends the same bytes, though
not at the same time. Where others keep the machine busy, which its load tells, hooks are late for that reason alone.

Options:
  --requests N  malformed requests in all (default 1000000: a quarter of an hour; 100000: some minutes); the other attacks keep step
  --seconds N   time for each fuzzer, in s (default 10); the CPU time that it used is reported
  --seed N      the seed of all that is random
  --memory N    the limit of memory for the program and its children, in MiB, which needs root (default 128; 0: none)
  --only KIND   only this kind; may be given more than once: ${kinds.join(', ')}
  --json FILE   write the counts to a file, too
`;

interface Options {
  readonly requests: number;
  readonly seconds: number;
  readonly seed: number;
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
        requests: { type: 'string', default: '1000000' },
        seconds: { type: 'string', default: '10' },
        seed: { type: 'string', default: String(Date.now() % 1_000_000) },
        memory: { type: 'string', default: '128' },
        only: { type: 'string', multiple: true },
        json: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) return undefined;
    const [requests, seconds, seed, memoryMib] = [values.requests, values.seconds, values.seed, values.memory].map(
      Number,
    );
    if (!isWhole(requests, 1000, 1e8)) return `--requests must be from 1000 to 100000000: value is ${values.requests}`;
    if (!isWhole(seconds, 1, 36_000)) return `--seconds must be from 1 to 36000: value is ${values.seconds}`;
    if (!isWhole(seed, 0, 1e9)) return `--seed must be from 0 to 1000000000: value is ${values.seed}`;
    if (!isWhole(memoryMib, 0, 1e6)) return `--memory must be from 0 to 1000000: value is ${values.memory}`;
    const only = values.only ?? kinds;
    const unknown = only.find((kind) => !kinds.includes(kind));
    if (unknown !== undefined) return `--only must be one of ${kinds.join(', ')}: value is ${unknown}`;
    return { requests, seconds, seed, memoryMib, only, jsonFile: values.json };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function isWhole(value: number | undefined, least: number, most: number): value is number {
  return value !== undefined && Number.isInteger(value) && value >= least && value <= most;
}

const HEADS = [
  'attack',
  'requests',
  'connections',
  'per second',
  'hooks',
  'median',
  'p99',
  'slowest',
  'private MiB',
  'descriptors',
];

function reportOf(tallies: readonly Tally[]): string {
  const heads = [...HEADS, ...PROMISES].map((head) => ({ head }));
  const rows = tallies.map(({ attack, requests, connections, seconds, honest, broken }) => [
    attack,
    ...[requests, connections, Math.round(requests / seconds)].map(String),
    ...(honest === undefined
      ? ['', '', '', '', '', '']
      : [
          String(honest.hooks),
          ...[honest.medianMs, honest.p99Ms, honest.slowestMs].map((ms) => `${ms.toFixed(0)} ms`),
          honest.privateMib.toFixed(0),
          String(honest.descriptors),
        ]),
    ...PROMISES.map((promise) => String(broken.filter((each) => each.promise === promise).length)),
  ]);
  const notes = tallies.flatMap(({ attack, note }) => (note === undefined ? [] : [`${attack}: ${note}`]));
  const sum = (of: (tally: Tally) => number) => tallies.reduce((all, tally) => all + of(tally), 0);
  const attacks = sum(({ honest, requests }) => (honest === undefined ? 0 : requests));
  const inputs = sum(({ honest, requests }) => (honest === undefined ? requests : 0));
  const cpu = sum(({ cpuSeconds = 0 }) => cpuSeconds).toFixed(0);
  const broken = sum((tally) => tally.broken.length);
  notes.push(
    `in all: ${attacks} hostile requests; ${inputs} inputs of fuzzers in ${cpu} s of CPU; ${broken} broken promises`,
  );
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
  const { requests, seconds, seed, memoryMib, only, jsonFile } = options;
  const folder = mkdtempSync(join(tmpdir(), 'hookkeeper-hostile-'));
  const report = join(folder, 'tallies');
  writeFileSync(report, '');
  const { node, system, cores, load } = thisMachine();
  const used = `--seed ${seed} --requests ${requests} --seconds ${seconds} --memory ${memoryMib}`;
  process.stdout.write(`Node ${node} on ${system}, ${cores} cores, load ${load}; ${used}\n`);
  const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
  const files = only.map((kind) => `test/hostile/${kind}.hostile.ts`);
  const config = join('test', 'hostile', 'vitest.config.ts');
  const bounds = { HOSTILE_REQUESTS: requests, HOSTILE_SECONDS: seconds, HOSTILE_MEMORY: memoryMib };
  const settings = { ...bounds, HOSTILE_SEED: seed, HOSTILE_REPORT: report };
  const env = Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, String(value)]));
  const { status } = spawnSync(process.execPath, [vitest, 'run', '--config', config, ...files], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: 'inherit',
  });
  const tallies = readTallies(report);
  rmSync(folder, { recursive: true });
  process.stdout.write(`\n${reportOf(tallies)}\n`);
  if (jsonFile !== undefined)
    writeFileSync(jsonFile, `${JSON.stringify({ seed, requests, memoryMib, tallies }, undefined, 2)}\n`);
  return status === 0 && tallies.length > 0 ? 0 : 1;
}

process.exitCode = main();
