/** What is done in a thread of its own, and how the two talk. All of it can be cloned. */
import { type Listed, listSnapshots } from './catalogue.ts';
import type { JobControl } from './control.ts';
import { SnapshotProblem } from './problem.ts';
import { type Restored, type RestoreSettings, restoreNewest } from './restore-newest.ts';
import { type Taken, type TakeSettings, takeSnapshot } from './take.ts';
import { whyDamaged } from './verify.ts';
import type { OwnWriter } from './writer-process.ts';

export type Job =
  | { readonly kind: 'take'; readonly settings: TakeSettings }
  | { readonly kind: 'restore'; readonly settings: RestoreSettings }
  | { readonly kind: 'verify'; readonly folder: string; readonly name: string | undefined };

/** A snapshot that was read through. */
export interface Verified extends Listed {
  /** What is wrong with it; undefined: nothing. */
  readonly damage: string | undefined;
}

export type JobEnd =
  | { readonly kind: 'taken'; readonly taken: Taken }
  | { readonly kind: 'restored'; readonly restored: Restored }
  | { readonly kind: 'verified'; readonly snapshots: readonly Verified[] }
  | { readonly kind: 'failed'; readonly reason: string; readonly retryable: boolean };

/** What the thread is started with. */
export interface JobStart {
  readonly job: Job;
  readonly own: OwnWriter;
  /** One number that becomes 1 when the job has to stop: a synchronous loop reads no messages. */
  readonly stop: Int32Array;
}

export type JobMessage =
  | { readonly kind: 'progress'; readonly message: string }
  | { readonly kind: 'end'; readonly end: JobEnd };

/** Does a job. Expected failure is a value; a rejection is a bug. */
export async function doJob({ job, own }: Omit<JobStart, 'stop'>, control: JobControl): Promise<JobEnd> {
  try {
    switch (job.kind) {
      case 'take':
        return { kind: 'taken', taken: await takeSnapshot(job.settings, own, control) };
      case 'restore':
        return { kind: 'restored', restored: await restoreNewest(job.settings, own, control) };
      case 'verify':
        return { kind: 'verified', snapshots: await verifyAll(job.folder, job.name, control) };
    }
  } catch (error) {
    if (!(error instanceof SnapshotProblem)) throw error;
    return { kind: 'failed', reason: error.message, retryable: error.retryable };
  }
}

async function verifyAll(folder: string, name: string | undefined, control: JobControl): Promise<Verified[]> {
  const verified: Verified[] = [];
  for (const listed of listSnapshots(folder, name)) {
    verified.push({ ...listed, damage: await whyDamaged(folder, listed, control) });
  }
  return verified;
}
