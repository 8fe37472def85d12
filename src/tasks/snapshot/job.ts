/** What is done in a thread of its own, and how the two talk. All of it can be cloned. */
import type { Listed } from './catalogue.ts';
import type { JobControl } from './control.ts';
import { openShelf, openWritable } from './open-shelf.ts';
import type { SourcePlace } from './place.ts';
import { SnapshotProblem } from './problem.ts';
import { type Restored, type RestoreSettings, restoreNewest } from './restore-newest.ts';
import type { Shelf } from './shelf.ts';
import { type Taken, type TakeSettings, takeSnapshot } from './take.ts';
import { whyDamaged } from './verify.ts';
import type { OwnWriter } from './writer-process.ts';

export type Job =
  | { readonly kind: 'take'; readonly settings: TakeSettings }
  | { readonly kind: 'restore'; readonly settings: RestoreSettings }
  | { readonly kind: 'verify'; readonly from: SourcePlace; readonly name: string | undefined };

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
  const use = { own, control, limitBytesPerS: undefined };
  try {
    switch (job.kind) {
      case 'take': {
        using shelf = await openWritable(job.settings.destination, {
          ...use,
          limitBytesPerS: job.settings.limitBytesPerS,
        });
        return { kind: 'taken', taken: await takeSnapshot(job.settings, shelf, control) };
      }
      case 'restore': {
        using shelf = await openShelf(job.settings.from, use);
        return { kind: 'restored', restored: await restoreNewest(job.settings, shelf, own, control) };
      }
      case 'verify': {
        using shelf = await openShelf(job.from, use);
        return { kind: 'verified', snapshots: await verifyAll(shelf, job.name, control) };
      }
    }
  } catch (error) {
    if (!(error instanceof SnapshotProblem)) throw error;
    return { kind: 'failed', reason: error.message, retryable: error.retryable };
  }
}

async function verifyAll(shelf: Shelf, name: string | undefined, control: JobControl): Promise<Verified[]> {
  const verified: Verified[] = [];
  for (const listed of await shelf.list(name)) {
    verified.push({ ...listed, damage: await whyDamaged(shelf, listed, control) });
  }
  return verified;
}
