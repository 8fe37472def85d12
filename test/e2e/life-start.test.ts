/** Section 3 of the kubelet contract: the postStart in a pod's life. */
import { expect } from 'vitest';
import { play } from './scenario.ts';
import { hooks, type Stage } from './stage.ts';

const slowStart = ({ task, gate }: Stage) => hooks({ postStart: [task('warm', gate('go'))], preStop: [task('save')] });
const listens = (mark: object) => 'inodes' in mark && Array.isArray(mark.inodes) && mark.inodes.length > 0;
/** A postStart that fails until it is mended. */
const failingStart = ({ task, isOpen }: Stage) =>
  hooks({ postStart: [task('warm'), task('register', isOpen('mended'))], preStop: [task('save')] });

play('a postStart', { config: slowStart }, [
  {
    name: 'behind a native sidecar with a startupProbe comes when it is awaited',
    async play({ on, pod, next }) {
      await on.open('go');
      await next('hookEnded');
      pod.delete();
    },
    deliveries: ['app#0 postStart executed', 'app#0 preStop executed'],
    executions: { warm: 1, save: 1 },
  },
  {
    name: 'holds a deletion up until it is answered',
    async play({ on, pod, next }) {
      await on.executed('warm');
      pod.delete();
      await next('deleted');
      await on.open('go');
    },
    deliveries: ['app#0 postStart executed', 'app#0 preStop executed'],
    executions: { warm: 1, save: 1 },
    also: ({ graceUsedMs = 0 }) => expect(graceUsedMs).toBeLessThan(20_000),
  },
  {
    name: 'whose kubelet is restarted is not sent again, and runs to its end',
    async play({ on, pod, next, logged }) {
      await on.executed('warm');
      pod.killKubelet();
      pod.startKubelet();
      await on.open('go');
      await logged('runEnded');
      await next('kubeletStarted');
      pod.delete();
    },
    deliveries: ['app#0 postStart kubeletDied', 'app#0 preStop executed'],
    executions: { warm: 1, save: 1 },
  },
  {
    name: 'of an app that crashes meanwhile runs on, and the next life gets one of its own',
    async play({ on, pod, next, learned, signal }) {
      await on.executed('warm');
      await learned('sockets', listens);
      signal('app', 'SIGKILL');
      await next('containerEnded', { container: 'app' });
      await on.open('go');
      await next('hookEnded', { delivery: 2 });
      pod.delete();
    },
    config: (on, { app }) => ({
      ...slowStart(on),
      containers: { app: { ports: [app], ...slowStart(on).containers.app } },
    }),
    deliveries: ['app#0 postStart executed', 'app#1 postStart executed', 'app#1 preStop executed'],
    executions: { warm: 2, save: 1 },
  },
]);

play('a regular sidecar', { config: ({ task }) => hooks({ postStart: [task('warm')], preStop: [task('save')] }) }, [
  {
    name: 'that does not listen yet when the postStart comes: refused, the app is restarted, and then all is well',
    sidecar: 'regular',
    stopped: true,
    // Time enough to start in, on any machine.
    times: { restartMs: { crash: 358, probe: 218, postStart: 5000 } },
    async play({ pod, next, signal }) {
      await next('hookEnded', { delivery: 2 });
      signal('hookkeeper', 'SIGCONT');
      await next('hookEnded', { delivery: 3 });
      pod.delete();
    },
    deliveries: [
      'app#0 postStart failure',
      'app#0 preStop failure',
      'app#1 postStart executed',
      'app#1 preStop executed',
    ],
    executions: { warm: 1, save: 1 },
  },
]);

play('a failing postStart', { config: failingStart }, [
  {
    name: 'has a preStop of the same life behind it, and each next life tries both again',
    times: { backOffMs: 1500 },
    async play({ on, pod, next }) {
      await next('hookEnded', { container: 'app', restartCount: 1 });
      await next('hookSent', { restartCount: 1, hook: 'preStop' });
      await on.open('mended');
      await next('hookSent', { restartCount: 2, hook: 'postStart' });
      await next('hookEnded', { delivery: 5 });
      pod.delete();
    },
    deliveries: [
      'app#0 postStart failure',
      'app#0 preStop executed',
      'app#1 postStart failure',
      'app#1 preStop executed',
      'app#2 postStart executed',
      'app#2 preStop executed',
    ],
    executions: { warm: 3, register: 3, save: 3 },
    also: (_report, { events }) => {
      const failure = events.find((event) => event.type === 'hookEnded' && event.result.kind === 'failure');
      const message = failure?.type === 'hookEnded' && failure.result.kind === 'failure' ? failure.result.message : '';
      expect(message).toContain('malformed MIME header: missing colon: "hookkeeper postStart failed');
      expect(message).toContain('task register');
    },
  },
  {
    name: 'with restartPolicy Never ends the pod after its preStop',
    pod: { restartPolicy: 'Never' },
    play: async () => {},
    deliveries: ['app#0 postStart failure', 'app#0 preStop executed'],
    executions: { warm: 1, register: 1, save: 1 },
  },
]);
