/**
 * `npm run demo`: plays one pod's life against the built program, as the kubelet would, on the config of
 * k8s-examples/quickstart, and shows what happened. Exits with 0, or with 1 and what went wrong.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { stripVTControlCharacters, styleText } from 'node:util';
import { systemClock } from '../hooks/clock.ts';
import { messageOf } from '../hooks/sentence.ts';
import { terminalTimeline } from '../observe/timeline/terminal.ts';
import type { Child } from './child.ts';
import { playLife, type Stage } from './demo-life.ts';
import { judge, lifeTimeline } from './demo-report.ts';
import { freePort, isFree } from './free-port.ts';
import { narrate, parseHookLine } from './narrate.ts';

const APP_PORT = 8080;
/** The quickstart's terminationGracePeriodSeconds. */
const GRACE_MS = 45_000;
/** Several times what a life takes on a slow machine, in ms: whatever hangs, the demo ends. */
const DEMO_BOUND_MS = 60_000;
const INTERRUPTED = 'interrupted';
const LOG_LINES_SHOWN = 60;
/** A sidecar that is told twice ends at once and takes its children with it; this is for one that does not, in ms. */
const END_BOUND_MS = 1000;

const dist = dirname(process.argv[1] ?? '.');
const quickstart = join(dist, '..', 'k8s-examples', 'quickstart');
const colour = process.stdout.isTTY === true && !process.env['NO_COLOR'];
const columns = Math.min(100, Math.max(80, process.stdout.columns ?? 100));

const print = (text: string) => void process.stdout.write(`${text}\n`);
const paint = (style: Parameters<typeof styleText>[0], text: string) =>
  colour ? styleText(style, text, { validateStream: false }) : text;

async function main(signal: AbortSignal): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'hookkeeper-demo-'));
  const children: Child[] = [];
  try {
    const life = await playLife(await prepare(folder, signal, (child) => children.push(child)));
    const verdicts = judge(life);
    print(`\n${terminalTimeline(lifeTimeline(life), { columns, colour })}`);
    for (const { promise, broken } of verdicts) {
      print(broken === undefined ? `${paint('green', '✔')} ${promise}` : `${paint('red', '✘')} ${promise}: ${broken}`);
    }
    if (verdicts.every(({ broken }) => broken === undefined)) return 0;
    printLog(children[0]);
    return 1;
  } catch (error) {
    if (signal.reason === INTERRUPTED) return 130;
    print(`\n${paint('red', '✘')} ${messageOf(signal.aborted ? signal.reason : error)}`);
    printLog(children[0]);
    return 1;
  } finally {
    await Promise.all(children.map(end));
    rmSync(folder, { recursive: true, force: true });
  }
}

async function prepare(folder: string, signal: AbortSignal, started: Stage['started']): Promise<Stage> {
  const example = join(quickstart, 'hooks.yaml');
  print(paint('bold', `One pod's life, played against ${shown(dist)}/hookkeeper.cjs with ${shown(example)}`));
  const appPort = (await isFree(APP_PORT)) ? APP_PORT : await freePort(Math.random);
  const configFile = appPort === APP_PORT ? example : join(folder, 'hooks.yaml');
  if (appPort !== APP_PORT) {
    const text = readFileSync(example, 'utf8').replaceAll(`127.0.0.1:${APP_PORT}`, `127.0.0.1:${appPort}`);
    writeFileSync(configFile, text);
    print(
      `Port ${APP_PORT} is taken here: the app is played on port ${appPort}, with a copy of the config that says so.`,
    );
  }
  print('');
  const journalDir = join(folder, 'journal');
  mkdirSync(journalDir);
  const startMs = systemClock.monotonicMs();
  const tell: Stage['tell'] = (who, what) => {
    if (signal.aborted) return;
    const at = `${((systemClock.monotonicMs() - startMs) / 1000).toFixed(2).padStart(6)} s`;
    print(shorten(`${paint('gray', at)}  ${paint(COLOURS[who], who.padEnd(8))} ${what}`));
  };
  return {
    program: join(dist, 'hookkeeper.cjs'),
    appFile: join(quickstart, 'app', 'app.mjs'),
    appPort,
    configFile,
    journalDir,
    port: await freePort(Math.random),
    opsPort: await freePort(Math.random),
    graceMs: GRACE_MS,
    clock: systemClock,
    signal,
    tell,
    started,
    onSidecarLine(line) {
      const happened = parseHookLine(line);
      const sentence = happened === undefined ? undefined : narrate(happened);
      if (sentence !== undefined) tell('sidecar', sentence);
    },
  };
}

const COLOURS = { kubelet: 'blue', app: 'magenta', sidecar: 'cyan' } as const;

function shown(path: string): string {
  return relative(dirname(dist), path);
}

/** One line on the terminal: a long reason is in the log. */
function shorten(line: string): string {
  const over = stripVTControlCharacters(line).length - columns;
  return over <= 0 ? line : `${line.slice(0, line.length - over - 1)}…`;
}

function printLog(sidecar: Child | undefined): void {
  const lines = sidecar?.lines().slice(-LOG_LINES_SHOWN) ?? [];
  print(`\nThe sidecar's log${lines.length === 0 ? ' is empty' : ', its end'}:`);
  for (const line of lines) print(`  ${line}`);
}

/** Two signals end the sidecar at once, and two different ones, as equal ones can become one. */
async function end(child: Child): Promise<void> {
  child.kill('SIGTERM');
  child.kill('SIGINT');
  if (await within(END_BOUND_MS, child.exited)) return;
  child.kill('SIGKILL');
  await within(END_BOUND_MS, child.exited);
}

/** Whether something happens within a time, in ms. */
async function within(boundMs: number, happening: Promise<unknown>): Promise<boolean> {
  const late = Promise.withResolvers<false>();
  const cancel = systemClock.after(boundMs, () => late.resolve(false));
  const inTime = await Promise.race([happening.then(() => true), late.promise]);
  cancel();
  return inTime;
}

const brokenOff = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => brokenOff.abort(INTERRUPTED));
const cancelBound = systemClock.after(DEMO_BOUND_MS, () => {
  brokenOff.abort(new Error(`the demo did not end within ${DEMO_BOUND_MS / 1000} s`));
});
void main(brokenOff.signal).then((code) => {
  cancelBound();
  process.exitCode = code;
});
