/** Section 6 of the kubelet contract, and the rest of 5: containers that are restarted in place. */
import { play } from './scenario.ts';
import { hooks, type Stage } from './stage.ts';

const simple = ({ task }: Stage) => hooks({ postStart: [task('warm')], preStop: [task('drain'), task('save')] });
const STARTED = 'app#0 postStart executed';

play('a restart in place', { config: simple }, [
  {
    name: 'after a liveness failure runs the preStop, then both hooks of the new life',
    async play({ pod, next }) {
      await next('hookEnded');
      pod.failProbe('app');
      await next('hookEnded', { delivery: 3 });
      pod.delete();
    },
    deliveries: [STARTED, 'app#0 preStop executed', 'app#1 postStart executed', 'app#1 preStop executed'],
    executions: { warm: 2, drain: 2, save: 2 },
  },
  {
    name: 'whose old preStop is still open when the new postStart comes',
    config: ({ task, gate }) => hooks({ postStart: [task('warm')], preStop: [task('drain', gate('go'))] }),
    async play({ on, pod, next }) {
      await next('hookEnded');
      pod.failProbe('app', 1000);
      await next('hookEnded', { delivery: 3 });
      await on.open('go');
      pod.delete();
    },
    deliveries: [STARTED, 'app#0 preStop graceOver', 'app#1 postStart executed', 'app#1 preStop executed'],
    executions: { warm: 2, drain: 2 },
  },
  {
    name: 'of the native sidecar alone calls no hook, and the next preStop reaches the new process',
    async play({ pod, next, serves, signal }) {
      await next('hookEnded');
      signal('hookkeeper', 'SIGKILL');
      await next('containerStarted', { container: 'hookkeeper', restartCount: 1 });
      await serves();
      pod.delete();
    },
    deliveries: [STARTED, 'app#0 preStop executed'],
    executions: { warm: 1, drain: 1, save: 1 },
  },
]);
