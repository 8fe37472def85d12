/** The pod that is rehearsed: Hookkeeper as its sidecar, and the app's containers with the hooks of the config. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type ContainerConfig, HOOKS, type HookName } from '../config/config.ts';
import type { ActionFacts } from '../config/task-kind.ts';
import type { Child } from './child.ts';
import type { HeaderField } from './go-http-request.ts';
import type { ContainerSpec, PodSpec, SidecarKind } from './pod-spec.ts';
import { SIDECAR } from './rehearsed-life.ts';
import { startSidecar } from './sidecar.ts';
import { type LogEntry, parseLogLine } from './sidecar-log.ts';

export interface RehearsedPodInput {
  /** The built program. */
  readonly program: string;
  /** The config file of this life, by the path of its folder. */
  readonly configFile: (dir: string) => string;
  readonly containers: readonly ContainerConfig<ActionFacts>[];
  /** What Hookkeeper is in the pod. */
  readonly sidecar: SidecarKind;
  readonly graceMs: number;
  /** Beside what the kubelet sends by itself. */
  readonly headers: readonly HeaderField[];
  /** Starts the process of an app container. */
  readonly startApp: (container: string) => Child;
  /** The sidecar's environment. */
  readonly env: Readonly<NodeJS.ProcessEnv>;
  /** Told of each line that an app prints. */
  readonly onAppLine: (container: string, line: string) => void;
}

interface Place {
  /** The folder of this life. */
  readonly dir: string;
  readonly port: number;
  readonly opsPort: number;
  /** Told of each line that Hookkeeper prints, and of what it says where that is an entry of its log. */
  readonly onSidecarLine: (entry: LogEntry | undefined) => void;
}

const PROBE_EVERY_MS = 25;

export function rehearsedPod(input: RehearsedPodInput, place: Place): PodSpec {
  // A kubelet waits for the startupProbe of a native one alone.
  const startupProbe = input.sidecar === 'native' ? { startupProbe: probeOf(place.opsPort) } : {};
  const run = () => runSidecar(input, place);
  return {
    name: 'rehearsal',
    namespace: 'default',
    uid: '00000000-0000-4000-8000-000000000001',
    graceMs: input.graceMs,
    restartPolicy: 'Always',
    containers: [
      { name: SIDECAR, kind: input.sidecar, run, ...startupProbe },
      ...input.containers.map((container) => appOf(container, input, place.port)),
    ],
  };
}

function runSidecar(input: RehearsedPodInput, { dir, port, opsPort, onSidecarLine }: Place): Child {
  mkdirSync(join(dir, 'journal'), { recursive: true });
  const child = startSidecar({
    program: input.program,
    configFile: input.configFile(dir),
    journalDir: join(dir, 'journal'),
    port,
    opsPort,
    env: input.env,
    // A rehearsal in a pod says nothing about that pod.
    args: ['--log-format=json', '--log-level=info', '--termination-log', join(dir, 'termination-log')],
    group: true,
  });
  child.onLine((text) => onSidecarLine(parseLogLine(text)));
  return child;
}

function appOf(
  { name, ...hooks }: ContainerConfig<ActionFacts>,
  input: RehearsedPodInput,
  port: number,
): ContainerSpec {
  const callOf = (hook: HookName) => ({ port, path: `/${hook.toLowerCase()}/${name}`, httpHeaders: input.headers });
  const called = HOOKS.flatMap((hook) => (hooks[hook] === undefined ? [] : [[hook, callOf(hook)] as const]));
  return { name, kind: 'regular', run: () => runApp(name, input), ...Object.fromEntries(called) };
}

function runApp(name: string, { startApp, onAppLine }: RehearsedPodInput): Child {
  const child = startApp(name);
  child.onLine((line) => onAppLine(name, line));
  return child;
}

function probeOf(port: number) {
  return { httpGet: { port, path: '/readyz' }, periodMs: PROBE_EVERY_MS };
}
