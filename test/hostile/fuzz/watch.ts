import { Worker } from 'node:worker_threads';
import { HANG_MS } from './target.ts';

/** What runs beside: a thread that is stuck in a loop cannot tell of it, nor can a timer in it. */
const WATCH = `
  const { writeSync } = require('node:fs');
  const { workerData: { inputs, name, hangMs } } = require('node:worker_threads');
  let [seen, sinceMs] = [-1, performance.now()];
  setInterval(() => {
    const now = Atomics.load(inputs, 0);
    if (now !== seen) [seen, sinceMs] = [now, performance.now()];
    else if (now > 0 && performance.now() - sinceMs > hangMs) {
      writeSync(2, 'fuzzing: ' + name + ': input ' + now + ' does not end: the same seed gives it again\\n');
      process.kill(process.pid, 'SIGKILL');
    }
  }, 100);
`;

/** Kills this process, with a word to stderr, when there is no next input for longer than an input may take. */
export function watch(name: string, hangMs = 3 * HANG_MS): AsyncDisposable & { readonly onInput: () => void } {
  const inputs = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(WATCH, { eval: true, execArgv: [], workerData: { inputs, name, hangMs } });
  return {
    onInput: () => void Atomics.add(inputs, 0, 1),
    async [Symbol.asyncDispose]() {
      await worker.terminate();
    },
  };
}
