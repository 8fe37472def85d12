/** Sections 4 and 5 of the kubelet contract: how a pod ends, what of it sends a preStop, and who is stopped when. */
import { expect } from 'vitest';
import type { Life } from './life.ts';
import type { LifeReport } from './life-report.ts';
import { play } from './scenario.ts';
import { hooks, type Stage } from './stage.ts';

const simple = ({ task }: Stage) => hooks({ postStart: [task('warm')], preStop: [task('drain'), task('save')] });
const lastSnapshot = ({ task }: Stage) =>
  hooks({ postStart: [task('warm')], preStop: [task('drain'), task('save', '', { alsoWithoutHook: true })] });
/** As a pod with a short grace is configured. */
const short = ({ task }: Stage) => ({
  version: 1,
  grace: { period: '4s', reserve: '1s' },
  containers: {
    app: {
      postStart: [task('warm')],
      preStop: [
        task('drain', 'sleep 60', { onTimeout: 'continue' }),
        task('save', '', { priority: 'critical', timeout: '500ms' }),
      ],
    },
  },
});

const EACH_ONCE = { warm: 1, drain: 1, save: 1 };
const STARTED = 'app#0 postStart executed';

async function startedThenDeleted({ pod, next }: Life, graceMs?: number): Promise<void> {
  await next('hookEnded');
  pod.delete(graceMs);
}

const listens = (mark: object) => 'inodes' in mark && Array.isArray(mark.inodes) && mark.inodes.length > 0;

async function toldToEndAloneThenDeleted({ pod, next, signal, serves }: Life): Promise<void> {
  signal('hookkeeper', 'SIGTERM');
  await next('containerStarted', { container: 'hookkeeper', restartCount: 1 });
  await serves();
  pod.delete();
}

play('the end of a pod', { config: simple }, [
  {
    name: 'with a native sidecar, by a deletion',
    play: startedThenDeleted,
    deliveries: [STARTED, 'app#0 preStop executed'],
    executions: EACH_ONCE,
    also: ({ exitAfterMs = Infinity }) => expect(exitAfterMs).toBeLessThan(20_000),
  },
  ...[-4.8, 0, 20.6].map((sigtermRaceMs) => ({
    name: `with a regular sidecar whose SIGTERM comes ${sigtermRaceMs} ms after the preStop`,
    sidecar: 'regular' as const,
    hooks: ['preStop' as const],
    times: { sigtermRaceMs },
    async play({ pod, serves, next }: Life) {
      await serves();
      await next('containerStarted', { container: 'app' });
      pod.delete();
    },
    deliveries: ['app#0 preStop executed'],
    executions: { drain: 1, save: 1 },
    also: ({ exitAfterMs = Infinity }: LifeReport) => expect(exitAfterMs).toBeLessThan(25_000),
  })),
  {
    name: 'by force sends the preStop all the same',
    async play({ pod, next }) {
      await next('hookEnded');
      pod.forceDelete();
    },
    deliveries: [STARTED, 'app#0 preStop executed'],
    executions: EACH_ONCE,
  },
  {
    name: 'of a Job that completes sends none',
    pod: { restartPolicy: 'Never' },
    async play({ next, signal }) {
      await next('hookEnded');
      signal('app', 'SIGHUP');
    },
    deliveries: [STARTED],
    executions: { warm: 1 },
  },
  {
    name: 'whose app is gone already sends none to a crashed app in its back-off',
    times: { backOffMs: 60_000, restartMs: { crash: 60_000, probe: 218, postStart: 1088 } },
    async play({ pod, next, signal }) {
      await next('hookEnded');
      signal('app', 'SIGKILL');
      await next('containerEnded', { container: 'app' });
      pod.delete();
    },
    deliveries: [STARTED],
    executions: { warm: 1 },
  },
  {
    name: 'with two app containers sends their preStops together, and each has runs of its own',
    apps: { app: {}, proxy: {} },
    config: ({ task }) => ({
      app: { postStart: [], preStop: [task('save-app')] },
      proxy: { postStart: [], preStop: [task('save-proxy')] },
    }),
    async play({ pod, next }) {
      await next('hookEnded', { container: 'proxy' });
      pod.delete();
    },
    deliveries: [
      'app#0 postStart executed',
      'proxy#0 postStart executed',
      'proxy#0 preStop executed',
      'app#0 preStop executed',
    ],
    executions: { 'save-app': 1, 'save-proxy': 1 },
  },
]);

play('an end without a preStop', { config: lastSnapshot }, [
  {
    name: 'of a Job that completes has the tasks run that are there for it, once',
    pod: { restartPolicy: 'Never' },
    async play({ next, signal }) {
      await next('hookEnded');
      signal('app', 'SIGHUP');
    },
    deliveries: [STARTED],
    executions: { warm: 1, save: 1 },
  },
  {
    name: 'of an app that crashed, and is in its back-off when the pod is deleted',
    times: { backOffMs: 60_000, restartMs: { crash: 60_000, probe: 218, postStart: 1088 } },
    async play({ pod, next, signal }) {
      await next('hookEnded');
      signal('app', 'SIGKILL');
      await next('containerEnded', { container: 'app' });
      pod.delete();
    },
    deliveries: [STARTED],
    executions: { warm: 1, save: 1 },
  },
  {
    name: 'of a pod that was deleted by force while the kubelet was down',
    async play({ pod, next }) {
      await next('hookEnded');
      pod.killKubelet();
      pod.forceDelete();
      pod.startKubelet();
    },
    deliveries: [STARTED],
    executions: { warm: 1, save: 1 },
  },
  {
    name: 'is none where the sidecar alone was told to end, as by its own probe: each task is run for the preStop that comes',
    async play(life) {
      await life.next('hookEnded');
      await toldToEndAloneThenDeleted(life);
    },
    deliveries: [STARTED, 'app#0 preStop executed'],
    // Nothing could be seen of the app: it was taken for gone once.
    executions: { warm: 1, drain: 1, save: 2 },
  },
  {
    name: 'is none, nor taken for one, where the app is seen to be there',
    config: (on, { app }) => ({
      ...lastSnapshot(on),
      containers: { app: { ports: [app], ...lastSnapshot(on).containers.app } },
    }),
    async play(life) {
      await life.next('hookEnded');
      await life.learned('sockets', listens);
      await toldToEndAloneThenDeleted(life);
    },
    deliveries: [STARTED, 'app#0 preStop executed'],
    executions: EACH_ONCE,
  },
  {
    name: 'is none where a preStop came: nothing is run twice',
    play: startedThenDeleted,
    deliveries: [STARTED, 'app#0 preStop executed'],
    executions: EACH_ONCE,
  },
]);

play('a short grace', { config: short }, [
  {
    name: 'that runs out sheds what is not critical, and all is over before the kubelet goes on',
    apps: { app: { ON_SIGTERM: 'exit' } },
    pod: { graceMs: 4000 },
    play: startedThenDeleted,
    deliveries: [STARTED, 'app#0 preStop executed'],
    executions: EACH_ONCE,
    also: ({ graceUsedMs = Infinity }) => expect(graceUsedMs).toBeLessThan(4000 + 2000),
  },
  {
    name: 'with an app that ignores SIGTERM ends both with SIGKILL, 2 s after the grace at the latest',
    apps: { app: { ON_SIGTERM: 'ignore' } },
    pod: { graceMs: 4000 },
    play: startedThenDeleted,
    deliveries: [STARTED, 'app#0 preStop executed'],
    executions: EACH_ONCE,
    also: (_report, { events }) =>
      expect(events.filter((event) => event.type === 'signalSent' && event.signal === 'SIGKILL')).toMatchObject([
        { container: 'app' },
      ]),
  },
]);
