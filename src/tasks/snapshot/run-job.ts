import { join } from 'node:path';
import { type Clock, waitOut } from '../../hooks/clock.ts';
import { messageOf } from '../../hooks/sentence.ts';
import type { Job, JobEnd, JobMessage, JobStart } from './job.ts';
import { codeOf } from './problem.ts';
import { type OwnWriter, ownWriter } from './writer-process.ts';

/** Only the built program has a version; its worker lies beside it. */
declare const HOOKKEEPER_VERSION: string;
const WORKER = typeof HOOKKEEPER_VERSION === 'undefined' ? 'worker.ts' : 'snapshot-worker.cjs';

/** The heap of the thread holds names and a few objects; the data itself is in buffers, in MiB. */
const HEAP = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 4 };

/** What the client of object storage looks at; the thread sees nothing else. */
function storageEnvironment(): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => /^AWS_|^HOME$|^(?:https?|no)_proxy$/i.test(name)),
  );
}

const underWay = new Set<number>();
let lastId = 0;

/** A job's place among those of this process; what it writes has its number. Given back when nothing of it is left. */
export interface Ticket extends Disposable {
  readonly own: OwnWriter;
}

export function newTicket(): Ticket {
  lastId += 1;
  const id = lastId;
  const own = ownWriter(id, [...underWay]);
  underWay.add(id);
  return { own, [Symbol.dispose]: () => void underWay.delete(id) };
}

export interface JobRun {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** After the signal aborts, the job gets so long to clean up, in ms; then its thread is ended. */
  stopMs(): number;
  progress(message: string): void;
}

/** Does a job in a thread of its own. Never rejects, and leaves no thread but one that hangs in a system call. */
export async function runJob(job: Job, { own }: Ticket, run: JobRun): Promise<JobEnd> {
  const { clock, signal, stopMs, progress } = run;
  const stop = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const { promise: ended, resolve } = Promise.withResolvers<JobEnd>();
  const worker = startThread({ job, own, stop });
  // A pod that has as many processes as it may have later fewer.
  if (typeof worker === 'string') return failed(`could not start a thread: ${worker}`, true);
  const cleanedUp = new AbortController();
  const onAbort = () => {
    Atomics.store(stop, 0, 1);
    const toldMs = clock.monotonicMs();
    void waitOut(clock, () => toldMs + stopMs() - clock.monotonicMs(), cleanedUp.signal).then((whole) => {
      if (whole) resolve(failed('did not stop in time: the disk may hang', true));
    });
  };
  worker.on('message', (message: JobMessage) => {
    if (message.kind === 'end') resolve(message.end);
    else progress(message.message);
  });
  // A machine that is short of threads or memory may have them later; anything else is a bug.
  worker.on('error', (error) =>
    resolve(failed(`broke off: ${error.message}`, codeOf(error).startsWith('ERR_WORKER_'))),
  );
  worker.on('exit', () => resolve(failed('broke off', false)));
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  const end = await ended;
  signal.removeEventListener('abort', onAbort);
  cleanedUp.abort();
  // A thread that hangs in the kernel ends when that lets go of it; it runs no line of ours any more.
  void worker.terminate();
  return end;
}

/** A text is why there is none. */
function startThread(start: JobStart) {
  const { Worker } = process.getBuiltinModule('node:worker_threads');
  try {
    return new Worker(join(import.meta.dirname, WORKER), {
      workerData: start,
      resourceLimits: HEAP,
      env: storageEnvironment(),
    });
  } catch (error) {
    return messageOf(error);
  }
}

function failed(reason: string, retryable: boolean): JobEnd {
  return { kind: 'failed', reason, retryable };
}
