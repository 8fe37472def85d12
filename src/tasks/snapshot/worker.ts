/** The thread in which snapshots are taken and restored, so that its synchronous calls, which are far faster, hold up no hook. */
import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../../hooks/clock.ts';
import type { JobControl } from './control.ts';
import { doJob, type JobMessage, type JobStart } from './job.ts';
import { Stopped } from './problem.ts';

/** Progress is for the log: nobody reads more of it, in ms. */
const TELL_EVERY_MS = 5000;

function send(message: JobMessage): void {
  parentPort?.postMessage(message);
}

function controlOf(stop: Int32Array): JobControl {
  let toldMs = systemClock.monotonicMs();
  return {
    clock: systemClock,
    throwIfStopped() {
      if (Atomics.load(stop, 0) === 1) throw new Stopped();
    },
    progress(message) {
      const nowMs = systemClock.monotonicMs();
      if (nowMs - toldMs < TELL_EVERY_MS) return;
      toldMs = nowMs;
      send({ kind: 'progress', message: message() });
    },
  };
}

const start: JobStart = workerData;
void doJob(start, controlOf(start.stop)).then((end) => send({ kind: 'end', end }));
