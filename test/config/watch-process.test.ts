import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';

const WATCH = join(import.meta.dirname, '../../src/config/watch.ts');

it('a watched config does not keep the process alive', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hookkeeper-watch-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'hooks.yaml');
  await writeFile(file, 'first');
  const program = `
    import { watchConfig } from ${JSON.stringify(WATCH)};
    const signal = new AbortController().signal;
    watchConfig({ file: ${JSON.stringify(file)}, text: 'first', signal, onChange: () => {} });
  `;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], { stdio: 'inherit' });
  onTestFinished(() => void child.kill('SIGKILL'));
  expect(await once(child, 'exit')).toEqual([0, null]);
});
