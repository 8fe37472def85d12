import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Child, startChild } from '../../src/rehearse/child.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';
import { within } from '../helpers/within.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** The built demo beside a program of our choice, with a TMPDIR that shows what it leaves behind. */
async function startDemo(program?: string): Promise<{ demo: Child; tmp: string }> {
  const folder = await temporaryFolder();
  const tmp = join(folder, 'tmp');
  mkdirSync(tmp);
  cpSync(join(ROOT, 'k8s-examples'), join(folder, 'k8s-examples'), { recursive: true });
  cpSync(join(ROOT, 'dist'), join(folder, 'dist'), { recursive: true });
  if (program !== undefined) writeFileSync(join(folder, 'dist', 'hookkeeper.cjs'), program);
  const demo = startChild(process.execPath, [join(folder, 'dist', 'demo.cjs')], {
    PATH: process.env['PATH'],
    TMPDIR: tmp,
  });
  onTestFinished(() => demo.kill('SIGKILL'));
  return { demo, tmp };
}

function lineOf(demo: Child, text: string): Promise<void> {
  return within(
    `the line ${text}`,
    new Promise((resolve) => {
      demo.onLine((line) => {
        if (line.includes(text)) resolve();
      });
    }),
  );
}

describe('npm run demo', () => {
  it('plays a life on the quickstart, with 8080 taken, and leaves nothing behind', async () => {
    const holder = createServer().listen(8080, '127.0.0.1');
    onTestFinished(() => void holder.close());
    // Whoever else has the port serves the test as well.
    await new Promise((resolve) => holder.once('listening', resolve).once('error', resolve));
    const { demo, tmp } = await startDemo();
    const exit = await within('the end of the demo', demo.exited, 50_000);
    const text = demo.lines().join('\n');
    expect(text).toContain('Port 8080 is taken here: the app is played on port ');
    expect(text).toMatch(/ {2}delivery 2 \(kubelet\) +├─+┤ +joined, 200/);
    expect(text).toMatch(/ {2}flush-metrics +█+/);
    expect(text).not.toContain('✘');
    expect(demo.lines().filter((line) => line.startsWith('✔'))).toHaveLength(6);
    expect(Math.max(...demo.lines().map((line) => line.length))).toBeLessThanOrEqual(100);
    expect(exit).toEqual({ code: 0, signal: null });
    expect(readdirSync(tmp)).toEqual([]);
  });

  it('ends with 1, the reason and the log when the sidecar does not start', async () => {
    const { demo, tmp } = await startDemo("console.log('cannot do it'); process.exitCode = 3");
    expect(await within('the end of the demo', demo.exited)).toEqual({ code: 1, signal: null });
    expect(demo.lines().slice(-4)).toEqual([
      '✘ the sidecar did not start: it ended (exit code 3) before it was ready',
      '',
      "The sidecar's log, its end:",
      '  cannot do it',
    ]);
    expect(readdirSync(tmp)).toEqual([]);
  });

  it('takes everything down with it when it gets a SIGTERM', async () => {
    const { demo, tmp } = await startDemo();
    await lineOf(demo, 'let-load-balancers-notice: started');
    demo.kill('SIGTERM');
    expect(await within('the end of the demo', demo.exited)).toEqual({ code: 130, signal: null });
    expect(demo.lines().join('\n')).not.toContain('✘');
    expect(readdirSync(tmp)).toEqual([]);
  });

  it('waits for no preStop any more when it gets a SIGINT', async () => {
    const { demo, tmp } = await startDemo(`
      const { createServer } = require('node:http');
      const port = (flag) => Number(process.argv[process.argv.indexOf(flag) + 1]);
      const answer = (request, response) => request.url.startsWith('/prestop') || response.end();
      for (const flag of ['--port', '--ops-port']) createServer(answer).listen(port(flag), '127.0.0.1');
    `);
    await lineOf(demo, 'the pod is deleted');
    demo.kill('SIGINT');
    expect(await within('the end of the demo', demo.exited)).toEqual({ code: 130, signal: null });
    expect(readdirSync(tmp)).toEqual([]);
  });

  it('ends even a sidecar that ignores its signals', async () => {
    const stubborn = "for (const s of ['SIGTERM', 'SIGINT']) process.on(s, () => {}); setInterval(() => {}, 1e6)";
    const { demo, tmp } = await startDemo(`console.log('pid', process.pid); ${stubborn}`);
    await lineOf(demo, 'starts the sidecar');
    demo.kill('SIGINT');
    expect(await within('the end of the demo', demo.exited)).toMatchObject({ code: 130 });
    expect(readdirSync(tmp)).toEqual([]);
  });
});
