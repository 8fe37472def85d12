import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { processAt } from '../../src/proc/process-table.ts';
import { appContainer, startApp } from '../../src/rehearse/app-process.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';
import { within } from '../helpers/within.ts';

/** Starts a command as the app; resolves with it when it has printed something. */
async function started(command: string) {
  const app = startApp({ kind: 'command', command, port: undefined }, '', { PATH: process.env['PATH'] });
  onTestFinished(() => app.kill('SIGKILL'));
  const first = Promise.withResolvers<string>();
  app.onLine(first.resolve);
  return { app, line: await within('its first line', first.promise) };
}

const UNTIL_SIGTERM = `process.on("SIGTERM", () => process.exit(7)); setInterval(() => {}, 1000); console.log(process.ppid, process.env.A)`;

describe('the container that is the app', () => {
  const containers = [
    { name: 'web', ports: [] },
    { name: 'app', ports: [80, 81] },
  ];
  it.each([
    [81, 'app'],
    [82, 'web'],
    [undefined, 'web'],
  ])('of port %s is %s: the one that has it, else the first', (port, name) => {
    expect(appContainer(containers, { kind: 'standIn', port })).toBe(name);
    expect(appContainer([], { kind: 'standIn', port })).toBeUndefined();
  });
});

describe('a command as the app', () => {
  it.each([
    ['', 'undefined'],
    ['A=1 ', '1'],
    ['exec ', 'undefined'],
    ['A=1 exec ', '1'],
    ['command exec ', 'undefined'],
  ])('becomes the process that is signalled, with "%s" before it', async (before, a) => {
    const file = join(await temporaryFolder(), 'app.mjs');
    await writeFile(file, UNTIL_SIGTERM);
    const { app, line } = await started(`${before}${process.execPath} ${file}`);
    // Its parent is we: no shell stands between.
    expect(line).toBe(`${process.pid} ${a}`);
    app.kill('SIGTERM');
    expect(await within('its end', app.exited)).toEqual({ code: 7, signal: null });
  });

  it('takes all that it started with it, as a container does', async () => {
    const { app, line } = await started('sleep 300 & echo $!; wait');
    app.kill('SIGTERM');
    await within('its end', app.exited);
    // A zombie, which nobody reaps here, does not count.
    await expect.poll(() => processAt(Number(line)), { timeout: 10_000 }).toBeUndefined();
  });

  it('ends also where one that left it keeps its output open', async () => {
    const { app, line } = await started('setsid sleep 300 & echo $!; exit 3');
    onTestFinished(() => void process.kill(Number(line), 'SIGKILL'));
    expect(await within('its end', app.exited)).toEqual({ code: 3, signal: null });
  });
});
