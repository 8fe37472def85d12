import { type Clock, wait } from '../hooks/clock.ts';
import { type Child, startChild } from './child.ts';
import { parseLogLine } from './sidecar-log.ts';
import { createKubelet } from './simulated-kubelet.ts';

export interface SidecarOptions {
  /** The built program. */
  readonly program: string;
  readonly configFile: string;
  readonly journalDir: string;
  readonly port: number;
  readonly opsPort: number;
  /** Beside PATH, which it always gets; nothing else of our own environment reaches it. */
  readonly env?: Readonly<NodeJS.ProcessEnv>;
  /** Further arguments of `serve`. */
  readonly args?: readonly string[];
  /** Whether it has a process group of its own. Default: no. */
  readonly group?: boolean;
}

/** Starts the built program as the sidecar of a pod on 127.0.0.1. */
export function startSidecar(options: SidecarOptions): Child {
  const { program, configFile, journalDir, port, opsPort, env = {}, args = [], group = false } = options;
  const flags = {
    '--config': configFile,
    '--journal': journalDir,
    '--host': '127.0.0.1',
    '--port': String(port),
    '--ops-port': String(opsPort),
  };
  const path = process.env['PATH'];
  const command = [program, 'serve', ...Object.entries(flags).flat(), ...args];
  const whole = { ...(path === undefined ? {} : { PATH: path }), ...env };
  return startChild(process.execPath, command, whole, { group });
}

/** The last lines that are told of a sidecar that never came up. */
const LINES_TOLD = 3;

/** Whether it has said that it listens. */
export function isListening(sidecar: Child | undefined): boolean {
  return sidecar?.lines().some((text) => text.includes('"opsPort"')) === true;
}

/** What it said last. */
export function lastWords(sidecar: Child | undefined): string {
  const lines = (sidecar?.lines() ?? []).slice(-LINES_TOLD);
  return lines.length === 0 ? 'it said nothing' : lines.map((line) => parseLogLine(line)?.msg ?? line).join(' / ');
}

/** What a startupProbe is asked how often, in ms: far oftener than a kubelet does, as somebody waits. */
const PROBE_EVERY_MS = 25;

export interface ReadinessOptions {
  readonly opsPort: number;
  readonly clock: Clock;
  readonly boundMs: number;
  readonly signal: AbortSignal;
}

/** Probes `/readyz` until it succeeds; undefined then, else why it never did: the sidecar ended, or the time was over. */
export async function untilReady(sidecar: Child, options: ReadinessOptions): Promise<string | undefined> {
  const { clock, boundMs, opsPort, signal } = options;
  const kubelet = createKubelet({ podIP: '127.0.0.1', version: '1.36', clock });
  const ended = sidecar.exited.then(
    ({ code, signal: by }) => `it ended (${by ?? `exit code ${code}`}) before it was ready`,
  );
  const lateMs = clock.monotonicMs() + boundMs;
  let why = 'it was never probed';
  while (clock.monotonicMs() < lateMs && !signal.aborted) {
    const result = await Promise.race([ended, kubelet.probe({ port: opsPort, path: '/readyz' })]);
    if (typeof result === 'string') return result;
    if (result.kind === 'success') return undefined;
    why = result.output;
    await wait(clock, PROBE_EVERY_MS, signal);
  }
  return `it was not ready after ${boundMs} ms: ${why}`;
}
