/** The rows of the redelivery table of the kubelet contract (section 4), played by the simulated kubelet. */
import { expect } from 'vitest';
import type { PodEvent } from '../../src/rehearse/pod-event.ts';
import type { Life } from './life.ts';
import { play } from './scenario.ts';
import { hooks, type Stage } from './stage.ts';

/** A preStop whose second task waits for the test. */
const twoTasks = ({ task, gate }: Stage) =>
  hooks({ postStart: [task('warm')], preStop: [task('drain'), task('save', gate('go'))] });

const EACH_ONCE = { warm: 1, drain: 1, save: 1 };
const STARTED = 'app#0 postStart executed';

/** Plays up to the middle of a preStop after a deletion. */
async function deletedInTheMiddle({ on, pod, next }: Life): Promise<void> {
  await next('hookEnded');
  pod.delete();
  await on.executed('save');
}

/** The signals that the kubelet had sent, sorted: at the end of the grace the app and the native sidecar get theirs together. */
const signals = (events: readonly PodEvent[]) =>
  events.flatMap((event) => (event.type === 'signalSent' ? [`${event.container} ${event.signal}`] : [])).toSorted();

play('a preStop delivered again', { config: twoTasks }, [
  {
    name: 'the kubelet is killed in the middle, and back at once',
    async play(life) {
      await deletedInTheMiddle(life);
      life.pod.killKubelet();
      life.pod.startKubelet();
      await life.next('hookSent', { delivery: 3 });
      await life.on.open('go');
    },
    deliveries: [STARTED, 'app#0 preStop kubeletDied', 'app#0 preStop joined'],
    executions: EACH_ONCE,
  },
  {
    name: 'the same, and the kubelet is away until the run is over',
    async play(life) {
      await deletedInTheMiddle(life);
      life.pod.killKubelet();
      await life.on.open('go');
      await life.logged('runEnded', 2);
      life.pod.startKubelet();
    },
    deliveries: [STARTED, 'app#0 preStop kubeletDied', 'app#0 preStop replayed'],
    executions: EACH_ONCE,
  },
  {
    name: 'the same, and the sidecar is killed too: the pod starts no other, and the preStop is refused',
    async play(life) {
      await deletedInTheMiddle(life);
      life.pod.killKubelet();
      life.signal('hookkeeper', 'SIGKILL');
      await life.next('containerEnded', { container: 'hookkeeper' });
      await life.on.open('go');
      life.pod.startKubelet();
    },
    // The pod is being deleted: no sidecar is started any more, and the preStop finds nobody.
    deliveries: [STARTED, 'app#0 preStop kubeletDied', 'app#0 preStop failure'],
    executions: EACH_ONCE,
    exit: 'SIGKILL',
  },
  {
    name: 'it was answered, the app ignores SIGTERM, the kubelet is restarted',
    apps: { app: { ON_SIGTERM: 'ignore' } },
    // The runtime kills the app when it is over, without a kubelet, too: the new one has to come before, also on a slow machine.
    pod: { graceMs: 10_000 },
    async play({ on, pod, next }) {
      await on.open('go');
      await next('hookEnded');
      pod.delete();
      await next('signalSent', { container: 'app' });
      pod.killKubelet();
      pod.startKubelet();
    },
    deliveries: [STARTED, 'app#0 preStop executed', 'app#0 preStop replayed'],
    executions: EACH_ONCE,
    also: (_report, { events }) =>
      expect(signals(events)).toEqual(['app SIGKILL', 'app SIGTERM', 'hookkeeper SIGTERM']),
  },
  {
    name: 'the app is gone, the native sidecar still drains, the kubelet is restarted',
    async play(life) {
      await deletedInTheMiddle(life);
      // The app goes in the middle of its preStop; so the run is going on when the sidecar's own SIGTERM comes.
      life.signal('app', 'SIGKILL');
      await life.next('containerEnded', { container: 'app' });
      life.pod.killKubelet();
      life.pod.startKubelet();
      await life.next('signalSent', { container: 'hookkeeper' });
      await life.on.open('go');
    },
    deliveries: [STARTED, 'app#0 preStop kubeletDied'],
    executions: EACH_ONCE,
  },
  {
    name: 'the kubelet is restarted during the preStop of a liveness restart, and the probe fails again',
    async play({ on, pod, next }) {
      await next('hookEnded');
      pod.failProbe('app');
      await on.executed('save');
      pod.killKubelet();
      pod.startKubelet();
      await next('hookEnded', { delivery: 2 });
      pod.failProbe('app');
      await next('hookSent', { delivery: 3 });
      await on.open('go');
      await next('hookEnded', { delivery: 4 });
      pod.delete();
    },
    deliveries: [
      STARTED,
      'app#0 preStop kubeletDied',
      'app#0 preStop joined',
      'app#1 postStart executed',
      'app#1 preStop executed',
    ],
    executions: { warm: 2, drain: 2, save: 2 },
  },
  {
    name: 'the kubelet is down, the pod is deleted, the kubelet is up again',
    async play({ on, pod, next }) {
      await on.open('go');
      await next('hookEnded');
      pod.killKubelet();
      pod.delete();
      pod.startKubelet();
    },
    deliveries: [STARTED, 'app#0 preStop executed'],
    executions: EACH_ONCE,
  },
  {
    name: 'the kubelet is down, the pod is deleted by force, the kubelet is up again',
    async play({ pod, next }) {
      await next('hookEnded');
      pod.killKubelet();
      pod.forceDelete();
      pod.startKubelet();
    },
    deliveries: [STARTED],
    executions: { warm: 1 },
  },
  {
    name: 'a second deletion with a shorter, then one with a longer grace, during and after the hook',
    async play(life) {
      await deletedInTheMiddle(life);
      life.pod.delete(5000);
      await life.on.open('go');
      await life.next('hookEnded', { delivery: 2 });
      life.pod.delete(60_000);
    },
    deliveries: [STARTED, 'app#0 preStop executed'],
    executions: EACH_ONCE,
  },
  {
    name: 'the pod is deleted by force during the hook: it runs on',
    async play(life) {
      await deletedInTheMiddle(life);
      life.pod.forceDelete();
      await life.on.open('go');
    },
    deliveries: [STARTED, 'app#0 preStop executed'],
    executions: EACH_ONCE,
  },
]);
