import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it, onTestFinished } from 'vitest';
import { within } from '../helpers/within.ts';

it('matching in bounded time matches also in a process that hardly gets to run', async () => {
  const file = new URL('../../src/config/bounded-match.ts', import.meta.url).pathname;
  // It stands still for longer than a match may take, again and again.
  const script = `const { matching } = await import('${file}');
    process.on('SIGTERM', () => process.exit(0));
    matching(/a/, ['']);
    console.log('ready');
    for (;;) {
      for (let count = 0; count < 50; count += 1) if (matching(/a/, ['a']) === undefined) process.exit(1);
      await new Promise(setImmediate);
    }`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const exited = once(child, 'exit');
  await within('its start', once(child.stdout, 'data'));
  for (let count = 0; count < 8; count += 1) {
    child.kill('SIGSTOP');
    await new Promise((resolve) => void setTimeout(resolve, 150));
    child.kill('SIGCONT');
    await new Promise((resolve) => void setTimeout(resolve, 10));
  }
  child.kill('SIGTERM');
  expect(await within('its end', exited)).toEqual([0, null]);
});
