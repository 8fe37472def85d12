/** Section 6 of the kubelet contract, and the rest of 5: containers that are restarted in place. */
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'vitest';
import { request } from '../helpers/request.ts';
import type { Ports } from './life.ts';
import { UNDO } from './life-report.ts';
import { play } from './scenario.ts';
import { hooks, type Stage } from './stage.ts';

const simple = ({ task }: Stage) => hooks({ postStart: [task('warm')], preStop: [task('drain'), task('save')] });
const withPorts = (on: Stage, { app }: Ports) => ({
  ...simple(on),
  containers: { app: { ports: [app], ...simple(on).containers.app } },
});
const listens = (mark: object) => 'inodes' in mark && Array.isArray(mark.inodes) && mark.inodes.length > 0;

/** Resolves when somebody listens. */
async function listening(port: number): Promise<void> {
  let reply = await request({ port, path: '/' });
  for (let left = 1000; left > 0 && reply.kind !== 'answered'; left -= 1) {
    await pause(20);
    reply = await request({ port, path: '/' });
  }
}

/** Each task of the preStop has an undo, which notes itself. */
const withUndos = ({ dir, task }: Stage, _ports: Ports, shell = '') => {
  const undo = (name: string) => ({
    exec: { shell: `echo "$HOOKKEEPER_RUN ${UNDO}${name}" >> ${dir}/executions`, env: { E2E_STAGE: dir } },
  });
  return hooks({
    postStart: [task('warm')],
    preStop: [task('drain', '', { undo: undo('drain') }), task('save', shell, { undo: undo('save') })],
  });
};

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
    name: 'without a postStart is seen by a regular sidecar, which waits for the preStop of the new life, too',
    sidecar: 'regular',
    hooks: ['preStop'],
    times: { sigtermRaceMs: -4.8 },
    config: ({ task }, { app }) => ({ app: { ports: [app], preStop: [task('drain')] } }),
    async play({ pod, ports, next, serves }) {
      await serves();
      await next('containerStarted', { container: 'app' });
      await listening(ports.app);
      pod.failProbe('app');
      await next('containerStarted', { container: 'app', restartCount: 1 });
      await listening(ports.app);
      pod.delete();
    },
    deliveries: ['app#0 preStop executed', 'app#1 preStop executed'],
    executions: { drain: 2 },
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
  {
    name: 'after a crash sends no preStop, and the new life gets its own postStart: its sockets tell',
    config: withPorts,
    async play({ pod, next, learned, signal }) {
      await next('hookEnded');
      await learned('sockets', listens);
      signal('app', 'SIGUSR2');
      await next('hookEnded', { delivery: 2 });
      pod.delete();
    },
    deliveries: [STARTED, 'app#1 postStart executed', 'app#1 preStop executed'],
    executions: { warm: 2, drain: 1, save: 1 },
  },
  {
    name: 'after a crash where nothing can tell is guessed to be a repeat, and the log says so, and how to know',
    async play({ pod, next, signal }) {
      await next('hookEnded');
      signal('app', 'SIGKILL');
      await next('hookEnded', { delivery: 2 });
      pod.delete();
    },
    deliveries: [STARTED, 'app#1 postStart replayed', 'app#1 preStop executed'],
    executions: { warm: 1, drain: 1, save: 1 },
    also(_report, { log }) {
      const guess = log().find(({ event, served }) => event === 'delivered' && served === 'replayed');
      expect(guess).toMatchObject({ level: 'warn', msg: expect.stringMatching(/a guess: .*; to know it, /) });
    },
  },
  {
    name: 'after a crash later than the dedupeWindow needs no evidence',
    config: ({ task }) => hooks({ postStart: { tasks: [task('warm')], dedupeWindow: '1ms' }, preStop: [task('save')] }),
    async play({ pod, next, signal }) {
      await next('hookEnded');
      signal('app', 'SIGKILL');
      await next('hookEnded', { delivery: 2 });
      pod.delete();
    },
    deliveries: [STARTED, 'app#1 postStart executed', 'app#1 preStop executed'],
    executions: { warm: 2, save: 1 },
  },
]);

play('what a preStop took away', { config: withUndos }, [
  {
    name: 'is given back once, in reverse, before the postStart of the next life; nothing is at the end of the pod',
    async play({ pod, next }) {
      await next('hookEnded');
      pod.failProbe('app');
      await next('hookEnded', { delivery: 3 });
      pod.delete();
    },
    deliveries: [STARTED, 'app#0 preStop executed', 'app#1 postStart executed', 'app#1 preStop executed'],
    executions: { warm: 2, drain: 2, save: 2 },
    undos: { 'undo-drain': 1, 'undo-save': 1 },
    also: (_report, { on }) =>
      expect(on.executions()).toEqual(['warm', 'drain', 'save', 'undo-save', 'undo-drain', 'warm', 'drain', 'save']),
  },
  {
    name: 'stays away where the container lives on, as its probe recovered: its later preStop is a repeat',
    config: (on, ports) => withUndos(on, ports, on.gate('go')),
    async play({ on, pod, next, logged }) {
      await next('hookEnded');
      pod.failProbe('app');
      await on.executed('save');
      pod.killKubelet();
      await on.open('go');
      await logged('runEnded', 2);
      pod.startKubelet();
      pod.delete();
    },
    deliveries: [STARTED, 'app#0 preStop kubeletDied', 'app#0 preStop replayed'],
    executions: { warm: 1, drain: 1, save: 1 },
  },
]);
