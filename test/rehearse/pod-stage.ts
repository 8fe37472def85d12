import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { startChild } from '../../src/rehearse/child.ts';
import type { PodEvent } from '../../src/rehearse/pod-event.ts';
import { type ContainerSpec, type KubeletTimes, MEASURED_TIMES, type PodSpec } from '../../src/rehearse/pod-spec.ts';
import { createPod, type SimulatedPod } from '../../src/rehearse/simulated-pod.ts';
import { type ManualClock, manualClock } from '../helpers/manual-clock.ts';
import { type RawServer, startRawServer } from '../helpers/raw-server.ts';
import { within } from '../helpers/within.ts';
import { EMPTY_OK } from './kubelet-stage.ts';

const APP = join(import.meta.dirname, '..', '..', 'src', 'rehearse', 'scripted-app.ts');

/** How far the clock is let on in a turn, in ms. */
const STEP_MS = 1;
/** Whoever waits for so long on the pod's clock waits for ever. */
const BOUND_MS = 700_000;

type Seen<T extends PodEvent['type']> = PodEvent & { readonly type: T };

export interface PodStage {
  readonly pod: SimulatedPod;
  readonly clock: ManualClock;
  /** Stands for the sidecar: all hooks and probes come here. */
  readonly server: RawServer;
  readonly events: readonly PodEvent[];
  /** Lets the clock go on until the next event of a type that nobody has asked for (of one container). */
  next<T extends PodEvent['type']>(type: T, container?: string): Promise<Seen<T>>;
  /** Lets the clock go on for so long, in ms. */
  pass(ms: number): Promise<void>;
  /** The events so far, in short: `app#0 postStart`. */
  story(): string[];
}

/** The scripted app as a container. */
export function appContainer(name: string, env: Readonly<NodeJS.ProcessEnv> = {}, hooks: Partial<ContainerSpec> = {}) {
  const run = () => startChild(process.execPath, [APP], env);
  return { name, kind: 'regular', run, ...hooks } satisfies ContainerSpec;
}

/** A pod on a clock of its own. It is gone when the test is. */
export async function stagePod(
  containersOf: (port: number) => ContainerSpec[],
  settings: Partial<PodSpec> & { readonly times?: Partial<KubeletTimes> } = {},
): Promise<PodStage> {
  const server = await startRawServer();
  const clock = manualClock();
  const events: PodEvent[] = [];
  const { times, ...more } = settings;
  const pod = createPod({
    spec: {
      name: 'web',
      namespace: 'default',
      uid: '0b5c7f0a-0000-4000-8000-000000000001',
      graceMs: 30_000,
      restartPolicy: 'Always',
      containers: containersOf(server.port),
      ...more,
    },
    times: { ...MEASURED_TIMES, ...times },
    version: '1.36',
    clock,
    onEvent: (event) => void events.push(event),
  });
  onTestFinished(async () => {
    await pod.close();
    await server.close();
  });
  const taken = new Set<PodEvent>();
  async function next<T extends PodEvent['type']>(type: T, container?: string): Promise<Seen<T>> {
    const lateMs = clock.monotonicMs() + BOUND_MS;
    for (;;) {
      const found = events.find(
        (event): event is Seen<T> => event.type === type && !taken.has(event) && of(event, container),
      );
      if (found !== undefined) {
        taken.add(found);
        return found;
      }
      if (clock.monotonicMs() > lateMs) throw new Error(`${type} never came after ${JSON.stringify(events, null, 1)}`);
      clock.advance(STEP_MS);
      await turn();
    }
  }
  return {
    pod,
    clock,
    server,
    events,
    next,
    async pass(ms) {
      for (let left = ms; left > 0; left -= STEP_MS) {
        clock.advance(Math.min(STEP_MS, left));
        await turn();
      }
    },
    story: () => events.map(inShort),
  };
}

function of(event: PodEvent, container: string | undefined): boolean {
  return container === undefined || ('container' in event && event.container === container);
}

function inShort(event: PodEvent): string {
  const who = 'restartCount' in event ? `${event.container}#${event.restartCount} ` : '';
  switch (event.type) {
    case 'hookSent':
      return `${who}${event.hook}`;
    case 'hookEnded':
      return `${who}${event.result.hook} ${event.result.kind}`;
    case 'signalSent':
      return `${who}${event.signal}`;
    case 'containerEnded':
      return `${who}ended ${event.exit.signal ?? event.exit.code}`;
    case 'containerStarted':
      return `${who}started`;
    case 'backOff':
      return `${event.container} backOff ${event.delayMs}`;
    case 'startupProbeSucceeded':
    case 'probeFailed':
    case 'deleted':
    case 'kubeletKilled':
    case 'kubeletStarted':
    case 'podEnded':
      return `${who}${event.type}`;
  }
}

/** Answers the next request of the sidecar with an empty 200, after `ms` of the pod's clock. */
export async function answerNext({ server, pass }: PodStage, ms = 0): Promise<string> {
  const received = await server.next();
  await pass(ms);
  received.end(EMPTY_OK.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
  return received.text.split(' ')[1] ?? '';
}

/** Resolves when each scripted app that runs has said that it hears signals. */
async function untilHeard({ pod, events }: PodStage): Promise<void> {
  const names = new Set(events.flatMap((event) => (event.type === 'containerStarted' ? [event.container] : [])));
  for (const name of names) {
    const child = pod.instance(name)?.child;
    if (child === undefined) continue;
    const heard = Promise.withResolvers<void>();
    const look = () => child.lines().includes('started') && heard.resolve();
    const off = child.onLine(look);
    look();
    await within(`the start of ${name}`, heard.promise).finally(off);
  }
}

/** The preStop of a container, at the sidecar. */
export const preStop = (port: number, name = 'app') => ({ preStop: { port, path: `/prestop/${name}` } });
/** One app with a preStop. */
export const oneApp =
  (env: NodeJS.ProcessEnv = {}) =>
  (port: number) => [appContainer('app', env, preStop(port))];
/** The same behind a native sidecar that never ends by itself. */
export const withNative =
  (env: NodeJS.ProcessEnv = {}) =>
  (port: number) => [
    appContainer('hookkeeper', { ON_SIGTERM: 'ignore' }, { kind: 'native' }),
    appContainer('app', env, preStop(port)),
  ];

/** Starts the pod and lets its containers come up, on the pod's clock and on the real one: what SIGTERM does is settled then. */
export async function up(stage: PodStage): Promise<void> {
  stage.pod.startKubelet();
  await stage.next('containerStarted', 'app');
  await stage.pass(200);
  await untilHeard(stage);
}
