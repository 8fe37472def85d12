import { execFile } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { writeConfig } from '../configs.ts';
import { timedGet } from '../fresh-get.ts';
import { memoryOf, peakOf } from '../process-memory.ts';
import { type Bench, type Comparison, compare, type Row } from '../row.ts';
import { startServer } from '../server.ts';
import { hookkeeper } from '../servers.ts';
import { runShell } from '../shell.ts';
import { sideOf, takeTurns } from '../turns.ts';

const run = promisify(execFile);

const LARGE_FILES = 8;
const LARGE_BYTES = 256 * 1024 * 1024;
const FOLDERS = 1000;
const SMALL_FILES = 100;

/** What it costs to save a folder. */
export const snapshot: Row = {
  name: 'snapshot',
  about: 'a preStop that saves 2 GiB in 8 files, and 100,000 small files, beside tar c | zstd -3',
  rounds: 3,
  async run(bench) {
    try {
      await run('zstd', ['--version']);
    } catch {
      return { comparisons: [], notes: ['not measured here: there is no zstd to compare it with'] };
    }
    const large = await measure(bench, '2 GiB in 8 files', makeLarge);
    const small = await measure(bench, '100,000 small files', makeSmall);
    const notes = [
      'ours is synced, read back, unpacked and verified',
      'memory: the peak of all rounds, beside those of tar and zstd together, and beside idle',
    ];
    return { comparisons: [...large, ...small], notes };
  },
};

async function measure(
  { program, rounds, scratch, progress }: Bench,
  what: string,
  make: (folder: string) => void,
): Promise<Comparison[]> {
  const [source, destination, output] = [scratch.folder(), scratch.folder(), scratch.folder()];
  make(source);
  const task = { name: 'save', snapshot: { source, destination, keep: 1 } };
  const configFile = writeConfig(scratch.folder(), { app: { preStop: [task] } });
  const server = await startServer(scratch, await hookkeeper({ program, configFile, journalDir: scratch.folder() }));
  const idle = memoryOf(server.pid).resident;
  let calls = 0;
  const ours = sideOf('Hookkeeper', () => {
    calls += 1;
    return timedGet({ port: server.port, path: '/prestop/app', headers: { 'Idempotency-Key': `call-${calls}` } });
  });
  const archive = join(output, 'out.tar.zst');
  const peaks: number[] = [];
  const save = `tar -c -C ${source} . | zstd -q -f -3 -o ${archive}`;
  const plain = sideOf('tar c | zstd -3', async () => {
    const { ms, peak } = await runShell(save);
    peaks.push(peak);
    return ms;
  });
  const verified = sideOf(
    'the same, sync, zstd -t',
    async () => (await runShell(`${save} && sync ${archive} && zstd -q -t ${archive}`)).ms,
  );
  await takeTurns(rounds, [ours, plain, verified], progress);
  const most = { values: [peakOf(server.pid)] };
  await server.stop();
  const memory = { measure: `memory while it saves ${what}`, unit: 'MB' } as const;
  return [
    ...[plain, verified].map((peer) => compare({ measure: `save ${what}`, unit: 'ms', aim: 1 }, ours, peer)),
    compare(memory, most, { name: plain.name, values: [Math.max(...peaks)] }),
    compare(memory, most, { name: 'idle', values: [idle] }),
  ];
}

/** Words in no order, and bytes in no order between them: it compresses to about a third, as logs and dumps do. */
function content(bytes: number): Buffer {
  const words = Array.from({ length: 4000 }, () => randomBytes(6).toString('hex').slice(randomInt(6)));
  const parts: Buffer[] = [];
  for (let length = 0; length < bytes; length += parts.at(-1)?.length ?? 0) {
    const sentence = Array.from({ length: 200 }, () => words[randomInt(words.length)]).join(' ');
    parts.push(Buffer.from(sentence), randomBytes(100));
  }
  return Buffer.concat(parts).subarray(0, bytes);
}

function makeLarge(folder: string): void {
  const block = content(8 * 1024 * 1024);
  for (let file = 0; file < LARGE_FILES; file += 1) {
    const fd = openSync(join(folder, `file-${file}`), 'w');
    for (let written = 0; written < LARGE_BYTES; written += block.length) writeSync(fd, block);
    closeSync(fd);
  }
}

function makeSmall(folder: string): void {
  const pool = content(100_000);
  for (let below = 0; below < FOLDERS; below += 1) {
    mkdirSync(join(folder, `folder-${below}`));
    for (let file = 0; file < SMALL_FILES; file += 1) {
      const from = randomInt(pool.length - 2500);
      writeFileSync(join(folder, `folder-${below}`, `file-${file}`), pool.subarray(from, from + randomInt(2500)));
    }
  }
}
