import { once } from 'node:events';
import { createServer } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { OutputSize } from '../../src/cli/output-size.ts';
import { type StatusInput, status } from '../../src/cli/status.ts';
import { statusNews, statusText } from '../../src/cli/status-lines.ts';
import { systemClock } from '../../src/hooks/clock.ts';
import type { StatusView } from '../../src/observe/status-view.ts';
import { runView } from '../../src/observe/timeline/run-view.ts';
import { statusView } from '../observe/status-records.ts';
import { endedRun, endedTask, runningRun } from '../observe/timeline/run-records.ts';

const running = statusView({
  nowMs: 12_000,
  runs: [
    runView(
      runningRun([
        { state: 'running', name: 'drain', attempts: 1, startedAtMs: 10_000 },
        { state: 'pending', name: 'save' },
      ]),
      undefined,
    ),
  ],
});
const tasks = [
  endedTask('drain', { durationMs: 3000 }),
  endedTask('save', { startedAtMs: 13_000, outcome: 'failed', reason: 'no disk' }),
];
const over = statusView({
  state: 'finishing',
  nowMs: 14_000,
  runs: [
    runView(
      endedRun({ tasks, outcome: 'failed', reason: 'task save failed', endedAtMs: 13_500, durationMs: 3500 }),
      undefined,
    ),
  ],
});

/** An ops port that gives these answers, one after the other, and is gone then. */
async function opsPort(...answers: readonly (StatusView | string)[]): Promise<number> {
  const waiting = [...answers];
  const server = createServer((_request, response) => {
    const answer = waiting.shift();
    if (answer === undefined) response.destroy();
    else response.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

const longestOf = (text: string) => Math.max(...text.split('\n').map((line) => line.length));

async function run(port: number, input: Partial<StatusInput & OutputSize> = {}) {
  const written: string[] = [];
  const code = await status({
    opsPort: port,
    watch: false,
    json: false,
    terminal: false,
    colour: false,
    size: () => ({ columns: input.columns ?? 100, rows: input.rows ?? 24 }),
    write: (text) => written.push(text),
    taken: () => true,
    // Never waits: what is watched is asked again at once.
    clock: { ...systemClock, after: (_ms, wake) => systemClock.after(0, wake) },
    signal: new AbortController().signal,
    ...input,
  });
  return { code, text: written.join('') };
}

describe('hookkeeper status', () => {
  it('says in plain lines what the service is doing', async () => {
    const problems = ['hooks.yaml:3:1 warning \u001b[31m'];
    const view = { ...over, config: { ...over.config, problems } };
    const { code, text } = await run(await opsPort(view));
    expect(code).toBe(0);
    expect(text.split('\n')).toEqual([
      'hookkeeper 1.2.3: finishing',
      'deadline: 45 s of grace from config, 10 s in reserve',
      'config: /etc/hookkeeper/hooks.yaml 0123456789ab',
      'config problem: hooks.yaml:3:1 warning \\x1b[31m',
      'journal: durable',
      'preStop of app, run k3-2: failed after 3.5 s: task save failed',
      '  delivery 1',
      '  drain: succeeded after 3 s',
      '  save: failed after 500 ms: no disk',
      '  time used: 3.5 of 35 s, reserve 10 s',
      '',
    ]);
  });

  it('draws on a terminal, the last runs alone', () => {
    const runs = Array.from({ length: 9 }, (_, index) => runView(endedRun({ id: `k3-${index}` }), undefined));
    const text = statusText(statusView({ runs }), { terminal: true, colour: false, columns: 100 });
    expect(text).toContain('the last 4 of 9 runs:');
    expect(text.match(/run k3-\d/g)).toEqual(['run k3-5', 'run k3-6', 'run k3-7', 'run k3-8']);
    expect(text).toContain('  drain                     ██████');
  });

  it('says so where no hook was delivered', () => {
    expect(statusText(statusView({ runs: [] }), { terminal: true, colour: false, columns: 80 })).toMatch(
      /no hook was delivered yet\n$/,
    );
  });

  it('watches: on a terminal it draws anew, else it says what is new, until the service ends', async () => {
    const lines = await run(await opsPort(running, running, over), { watch: true });
    expect(lines.code).toBe(0);
    expect(lines.text.split('\n').slice(-6)).toEqual([
      'hookkeeper 1.2.3: finishing',
      'preStop of app: drain: succeeded after 3 s',
      'preStop of app: save: failed after 500 ms: no disk',
      'preStop of app, run k3-2: failed after 3.5 s',
      'the service has ended',
      '',
    ]);
    const drawn = await run(await opsPort(running, over), { watch: true, terminal: true });
    expect(drawn.text.split('\u001b[H\u001b[J')).toHaveLength(3);
    expect(drawn.text).toContain('running for 2 s, 33 s left');
  });

  it('that is watched piles up nothing for who does not read it, and says all that is new later', async () => {
    const taken = [true, false, false, true];
    const input = { watch: true, taken: () => taken.shift() === true };
    const port = await opsPort(running, running, { ...over, state: 'awaiting' }, over);
    const { text } = await run(port, input);
    expect(text.split('\n').slice(-6)).toEqual([
      'hookkeeper 1.2.3: finishing',
      'preStop of app: drain: succeeded after 3 s',
      'preStop of app: save: failed after 500 ms: no disk',
      'preStop of app, run k3-2: failed after 3.5 s',
      'the service has ended',
      '',
    ]);
    expect(text).not.toContain('awaiting');
  });

  it('that is watched draws no more lines than the terminal has, and keeps the state in sight', async () => {
    const runs = Array.from({ length: 4 }, (_, index) => runView(endedRun({ id: `k3-${index}` }), undefined));
    const lines = statusText({ ...over, runs }, { terminal: true, colour: false, columns: 80, rows: 10 }).split('\n');
    expect(lines).toHaveLength(10);
    expect(lines.slice(0, 2)).toEqual(['hookkeeper 1.2.3: finishing', '…']);
    expect(lines.at(-2)).toMatch(/^ {2}time used/);
    const { text } = await run(await opsPort(over), { terminal: true, rows: 5 });
    expect(text.split('\n').length).toBeGreaterThan(10);
  });

  it('that is watched takes the size that the terminal has by then', async () => {
    const sizes = [40, 80].map((columns) => ({ columns, rows: 24 }));
    const size = () => sizes.shift() ?? { columns: 80, rows: 24 };
    const { text } = await run(await opsPort(over, over), { watch: true, terminal: true, size });
    const [, narrow = '', wide = ''] = text.split('\u001b[H\u001b[J');
    expect(longestOf(narrow)).toBe(40);
    expect(longestOf(wide)).toBe(80);
  });

  it('says in full on a terminal what the picture has no room for', async () => {
    const { text } = await run(await opsPort(over), { terminal: true, columns: 60 });
    expect(text).toContain('\n  … time used: 3.5 of 35 s, reserve 10 s\n');
    expect(text).toContain('\n█ succeeded  ▓ failed  ');
  });

  it('says nothing while nothing but time changes', () => {
    expect(statusNews(running, { ...running, nowMs: 13_000 })).toEqual([]);
  });

  it('that is watched tells also what becomes of the service itself', () => {
    const worse = {
      ...running,
      told: { signal: 'SIGTERM', atMs: 12_500, awaits: ['app'] },
      config: { ...running.config, problems: ['hooks.yaml:3:1 error'] },
      journal: { state: 'degraded', reason: 'ENOSPC', sinceMs: 12_500 },
    } as const;
    expect(statusNews(running, worse)).toEqual([
      'SIGTERM came; the preStop of app is waited for',
      'config problem: hooks.yaml:3:1 error',
      'journal: degraded: ENOSPC',
    ]);
    expect(statusNews(worse, running)).toEqual(['journal: durable']);
  });

  it('prints JSON for programs, one value a line while it watches', async () => {
    const { text } = await run(await opsPort(over), { json: true });
    expect(JSON.parse(text)).toEqual(over);
    const watched = await run(await opsPort(running, over), { json: true, watch: true });
    const lines = watched.text.split('\n').filter((line) => line.startsWith('{'));
    expect(lines.map((line) => JSON.parse(line))).toEqual([running, over]);
  });

  it.each([
    [
      'nothing listens',
      async () => 1,
      /^no hookkeeper answers on ops port 1 of this machine: .*ECONNREFUSED.*; run this in/,
    ],
    ['something else answers', () => opsPort('<html>'), /what answers there with 200 is none, or of another version/],
    [
      'nothing is answered',
      () => opsPort(),
      /^no hookkeeper answers on ops port \d+ of this machine: socket hang up; /,
    ],
  ])('fails with a sentence where %s', async (_what, port, sentence) => {
    const { code, text } = await run(await port(), { watch: true });
    expect(text).toMatch(sentence);
    expect(text.split('\n')).toHaveLength(2);
    expect(code).toBe(1);
  });

  it('ends when it is told to', async () => {
    const { code } = await run(await opsPort(running), { watch: true, signal: AbortSignal.abort() });
    expect(code).toBe(0);
  });
});
