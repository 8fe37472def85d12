import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Script } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { IMAGE_ENV, IMAGE_FLAGS } from '../helpers/image-flags.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

const DIST = join(import.meta.dirname, '..', '..', 'dist');

describe('the code that the build keeps beside the program', () => {
  it('is taken by the Node.js that built it', () => {
    const file = join(DIST, 'program.js');
    const source = readFileSync(file);
    const cachedData = readFileSync(join(DIST, 'program.v8')).subarray(source.length);
    const script = new Script(source.toString('utf8'), { filename: file, cachedData });
    expect(script.cachedDataRejected).toBe(false);
  });

  it.each<[string, (dist: string) => void]>([
    ['missing', (dist) => rmSync(join(dist, 'program.v8'))],
    ['empty', (dist) => writeFileSync(join(dist, 'program.v8'), '')],
    [
      'cut in the middle',
      (dist) => writeFileSync(join(dist, 'program.v8'), readFileSync(join(dist, 'program.v8')).subarray(0, 50_000)),
    ],
    [
      'of another program of the same length',
      (dist) => {
        const text = readFileSync(join(dist, 'program.js'), 'utf8');
        expect(text.split('Turns the postStart').length).toBe(2);
        writeFileSync(join(dist, 'program.js'), text.replace('Turns the postStart', 'TURNS the postStart'));
      },
    ],
  ])('is left aside when it is %s, and the program runs as it is', async (_name, spoil) => {
    const folder = await temporaryFolder();
    const dist = join(folder, 'dist');
    cpSync(DIST, dist, { recursive: true });
    spoil(dist);
    const help = execFileSync(process.execPath, [join(dist, 'hookkeeper.cjs'), '--help'], { encoding: 'utf8' });
    const expected = readFileSync(join(dist, 'program.js'), 'utf8').includes('TURNS') ? 'TURNS the' : 'Turns the';
    expect(help).toContain(`${expected} postStart and preStop hooks`);
  });
});

/** Parts of Node.js that take long to load or much memory, and that no start needs. */
const LARGE = ['crypto', 'https', 'perf_hooks', 'worker_threads', 'zlib', 'internal/deps/undici/undici'];

describe('a start', () => {
  it('loads no large part of Node.js that it does not need', async () => {
    const folder = await temporaryFolder();
    const config = join(folder, 'hooks.yaml');
    const probe = join(folder, 'probe.cjs');
    const loaded = join(folder, 'loaded.txt');
    writeFileSync(config, 'version: 1\ncontainers: { app: { preStop: [{ name: wait, sleep: 1s }] } }\n');
    writeFileSync(
      probe,
      `const write = process.stdout.write.bind(process.stdout);
       process.stdout.write = (text, ...rest) => {
         if (text.includes('"opsPort":')) require('node:fs').writeFileSync(${JSON.stringify(loaded)}, process.moduleLoadList.join('\\n'));
         return write(text, ...rest);
       };`,
    );
    const ports = ['--host', '127.0.0.1', '--port', '0', '--ops-port', '0'];
    const serve = ['serve', '--config', config, '--journal', folder, ...ports];
    const args = [...IMAGE_FLAGS, '--require', probe, join(DIST, 'hookkeeper.cjs'), ...serve];
    const program = spawn(process.execPath, args, { env: { PATH: process.env['PATH'], ...IMAGE_ENV } });
    for await (const text of program.stdout) if (String(text).includes('"opsPort":')) break;
    program.kill('SIGKILL');
    await once(program, 'exit');
    const parts = readFileSync(loaded, 'utf8').split('\n');
    expect(parts).toContain('NativeModule http');
    expect(LARGE.filter((part) => parts.includes(`NativeModule ${part}`))).toEqual([]);
  });
});
