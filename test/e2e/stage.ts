import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { systemClock } from '../../src/hooks/clock.ts';
import type { JournalData } from '../../src/journal/codec.ts';
import { journalFile } from '../../src/journal/journal-file.ts';
import type { HttpGetAction, KubernetesVersion } from '../../src/rehearse/kubelet-request.ts';
import { createKubelet, type SimulatedKubelet } from '../../src/rehearse/simulated-kubelet.ts';
import { type Service, type ServiceOptions, startService } from '../helpers/program.ts';
import { type Call, type Reply, request } from '../helpers/request.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

/** A task as it stands in the config file. */
export type Task = Readonly<Record<string, unknown>>;

/** One pod's sidecar in a folder of its own: its config, its journal, and the count of what its tasks did. */
export interface Stage {
  readonly dir: string;
  readonly configFile: string;
  readonly journalDir: string;
  /** An `exec` task that notes each execution, and then does what `shell` says; with further fields of it, and of its `exec`. */
  task(name: string, shell?: string, fields?: Task, exec?: Task): Task;
  /** Shell code that succeeds once the test has called `open` with the same name. */
  isOpen(name: string): string;
  /** Shell code that waits for that. */
  gate(name: string): string;
  open(name: string): Promise<void>;
  configure(config: unknown): Promise<void>;
  start(options?: Partial<ServiceOptions>): Promise<Service>;
  /** The names of the tasks in the order of their executions. */
  executions(): string[];
  /** How often each task of each run was executed, by `RUN TASK`. */
  executionsByRun(): ReadonlyMap<string, number>;
  /** Resolves when a task has noted its execution so many times. */
  executed(task: string, times?: number): Promise<void>;
  /** The processes of this stage's tasks that are alive, whatever became of their parents. */
  processes(): number[];
  journal(): Promise<JournalData>;
}

export async function stage(): Promise<Stage> {
  const dir = await temporaryFolder();
  const configFile = join(dir, 'hooks.yaml');
  const journalDir = join(dir, 'journal');
  const log = join(dir, 'executions');
  await writeFile(log, '');
  await mkdir(join(dir, 'gates'));
  const executed = () => readFileSync(log, 'utf8').split('\n').slice(0, -1);
  const processes = () => processesWith(`E2E_STAGE=${dir}`);
  // A test that fails leaves what it was to find.
  onTestFinished(() => {
    for (const pid of processes()) process.kill(pid, 'SIGKILL');
  });
  const isOpen = (name: string) => `[ -e ${join(dir, 'gates', name)} ]`;
  const executions = () => executed().map((line) => line.split(' ')[1] ?? '');
  return {
    dir,
    configFile,
    journalDir,
    task: (name, shell = '', fields = {}, exec = {}) => ({
      name,
      exec: {
        shell: `echo "$HOOKKEEPER_RUN $HOOKKEEPER_TASK" >> ${log}\n${shell}`,
        env: { E2E_STAGE: dir },
        killAfter: '200ms',
        ...exec,
      },
      ...fields,
    }),
    isOpen,
    gate: (name) => `until ${isOpen(name)}; do sleep 0.02; done`,
    open: (name) => writeFile(join(dir, 'gates', name), ''),
    configure: (config) => writeFile(configFile, yaml(config)),
    start: (options) => startService({ configFile, journalDir, ...options }),
    executions,
    executionsByRun() {
      const counts = new Map<string, number>();
      for (const line of executed()) counts.set(line, (counts.get(line) ?? 0) + 1);
      return counts;
    },
    executed: (task, times = 1) =>
      until(`execution ${times} of ${task}`, () => executions().filter((name) => name === task).length >= times),
    processes,
    async journal() {
      const data = await journalFile(journalDir).read();
      if (data === null) throw new Error('there is no journal');
      return data;
    },
  };
}

/** The whole config for the hooks of a container `app`, with a grace that is long for every machine. */
export function hooks(
  app: { readonly postStart?: unknown; readonly preStop?: unknown; readonly process?: unknown },
  more: object = {},
) {
  return {
    version: 1,
    grace: { period: '40s', reserve: '5s' },
    containers: { app: { postStart: [], ...app } },
    ...more,
  };
}

/** JSON is YAML; two spaces give each key a line of its own. */
export function yaml(config: unknown): string {
  return typeof config === 'string' ? config : JSON.stringify(config, null, 2);
}

/** A call of the preStop of `app`. */
export function preStop({ port }: Pick<Service, 'port'>, call: Partial<Call> = {}): Promise<Reply> {
  return request({ port, path: '/prestop/app', ...call });
}

/** A call of the postStart of `app`. */
export function postStart({ port }: Pick<Service, 'port'>, call: Partial<Call> = {}): Promise<Reply> {
  return request({ port, path: '/poststart/app', ...call });
}

/** A page of the ops port. */
export function ops({ opsPort }: Pick<Service, 'opsPort'>, path: string): Promise<Reply> {
  return request({ port: opsPort, path });
}

/** The value of a metric that has no labels. */
export async function metric(service: Service, name: string): Promise<number> {
  const reply = await ops(service, '/metrics');
  const text = reply.kind === 'answered' ? reply.body : '';
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
}

/** A simulated kubelet, and its hooks of the container `app`. It dies with the test at the latest. */
export function kubeletOf(service: Pick<Service, 'port'>, version: KubernetesVersion = '1.36') {
  const kubelet: SimulatedKubelet = createKubelet({ podIP: '127.0.0.1', version, clock: systemClock });
  onTestFinished(() => kubelet.die());
  const call = (path: string, httpGet: Partial<HttpGetAction>) => ({
    container: 'app',
    httpGet: { port: service.port, path, ...httpGet },
  });
  return {
    die: kubelet.die,
    postStart: (httpGet: Partial<HttpGetAction> = {}) =>
      kubelet.runHook({ hook: 'postStart', ...call('/poststart/app', httpGet) }),
    preStop: (httpGet: Partial<HttpGetAction> = {}, graceMs = 40_000) =>
      kubelet.runHook({ hook: 'preStop', graceMs, ...call('/prestop/app', httpGet) }),
  };
}

/** Looks every few ms; what does not come within the bound never does. */
export async function until(what: string, done: () => boolean, boundMs = 20_000): Promise<void> {
  const lateMs = performance.now() + boundMs;
  while (!done()) {
    if (performance.now() > lateMs) throw new Error(`waited ${boundMs} ms in vain for ${what}`);
    await pause(5);
  }
}

/** The PIDs of the processes that were started with an entry in their environment; a zombie has none. */
export function processesWith(entry: string): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && `\0${environmentOf(pid)}`.includes(`\0${entry}\0`));
}

function environmentOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8');
  } catch {
    return '';
  }
}
