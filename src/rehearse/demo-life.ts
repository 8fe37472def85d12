import { type Clock, wait } from '../hooks/clock.ts';
import { journalFile } from '../journal/journal-file.ts';
import { type Child, startChild } from './child.ts';
import { exitText, type PlayedLife } from './demo-report.ts';
import { parseHookLine } from './narrate.ts';
import { startSidecar, untilReady } from './sidecar.ts';
import { createKubelet, type HookCall, type HookResult, type SimulatedKubelet } from './simulated-kubelet.ts';

/** Where a life is played, and who is told. */
export interface Stage {
  readonly program: string;
  readonly appFile: string;
  readonly appPort: number;
  readonly configFile: string;
  readonly journalDir: string;
  readonly port: number;
  readonly opsPort: number;
  readonly graceMs: number;
  readonly clock: Clock;
  /** Aborts when the demo is broken off. */
  readonly signal: AbortSignal;
  readonly tell: (who: 'kubelet' | 'app' | 'sidecar', what: string) => void;
  /** Told of each process, so that it can be ended whatever happens. */
  readonly started: (child: Child) => void;
  readonly onSidecarLine: (line: string) => void;
}

const READY_BOUND_MS = 10_000;
const EXIT_BOUND_MS = 5000;
const LIFE_MS = 500;
/** A kubelet that is restarted in the middle of a preStop delivers it again after about this time (contract, section 4). */
const KUBELET_DIES_AFTER_MS = 2000;
const KUBELET_BACK_AFTER_MS = 1300;

/** Plays one pod's life as the kubelet would; throws with what went wrong where it can't go on. */
export async function playLife(stage: Stage): Promise<PlayedLife> {
  const { clock, signal, tell } = stage;
  const pause = (ms: number) => wait(clock, ms, signal);
  const sidecar = startSidecar(stage);
  stage.started(sidecar);
  sidecar.onLine(stage.onSidecarLine);
  tell('kubelet', 'starts the sidecar, and probes /readyz');
  const notReady = await untilReady(sidecar, { ...stage, boundMs: READY_BOUND_MS });
  if (notReady !== undefined) throw new Error(`the sidecar did not start: ${notReady}`);

  tell('kubelet', 'the startupProbe succeeded: starts the app, and calls its postStart');
  const app = startChild(process.execPath, [stage.appFile], { PORT: String(stage.appPort) });
  stage.started(app);
  const kubelet = kubeletOf(stage);
  const started = await kubelet.runHook(callOf('postStart', stage));
  if (started.kind !== 'success') throw new Error(`the postStart failed: ${describe(started)}`);
  tell('kubelet', 'the postStart was answered: the app is started');
  await pause(LIFE_MS);

  tell('kubelet', `the pod is deleted: calls the preStop, with ${stage.graceMs / 1000} s of grace`);
  const first = kubelet.runHook(callOf('preStop', stage));
  await pause(KUBELET_DIES_AFTER_MS);
  kubelet.die();
  tell('kubelet', 'is killed in the middle of the preStop');
  await pause(KUBELET_BACK_AFTER_MS);
  tell('kubelet', 'is back, and calls the preStop again, with the whole grace');
  const second = await kubeletOf(stage).runHook(callOf('preStop', stage));
  if (second.kind !== 'success') throw new Error(`the second preStop failed: ${describe(second)}`);

  tell('kubelet', 'the preStop was answered: SIGTERM to the app, then to the sidecar');
  const appStopAtMs = clock.epochMs();
  const appExit = await stop('the app', app, stage);
  const sidecarStopAtMs = clock.epochMs();
  tell('app', `has ended: ${exitText(appExit)}`);
  const sidecarExit = await stop('the sidecar', sidecar, stage);
  tell('sidecar', `has ended: ${exitText(sidecarExit)}`);
  const deliveries = [started, await first, second];
  const log = sidecar.lines().flatMap((line) => parseHookLine(line) ?? []);
  return { deliveries, runs: await readRuns(stage), log, appStopAtMs, appExit, sidecarStopAtMs, sidecarExit };
}

function kubeletOf({ clock, signal }: Stage): SimulatedKubelet {
  const kubelet = createKubelet({ podIP: '127.0.0.1', version: '1.36', clock });
  if (signal.aborted) kubelet.die();
  signal.addEventListener('abort', kubelet.die, { once: true });
  return kubelet;
}

function callOf(hook: 'postStart' | 'preStop', { port, graceMs }: Stage): HookCall {
  const httpGet = { port, path: `/${hook.toLowerCase()}/app` };
  return hook === 'postStart' ? { hook, container: 'app', httpGet } : { hook, container: 'app', httpGet, graceMs };
}

function describe(result: HookResult): string {
  return result.kind === 'failure' ? result.message : result.kind;
}

async function stop(name: string, child: Child, { clock, signal }: Stage) {
  child.kill('SIGTERM');
  const late = new AbortController();
  const exit = await Promise.race([child.exited, wait(clock, EXIT_BOUND_MS, AbortSignal.any([signal, late.signal]))]);
  late.abort();
  if (typeof exit === 'boolean') throw new Error(`${name} did not end within ${EXIT_BOUND_MS / 1000} s of its SIGTERM`);
  return exit;
}

async function readRuns({ journalDir }: Stage) {
  const data = await journalFile(journalDir).read();
  if (data === null) throw new Error('there is no journal');
  return data.runs;
}
