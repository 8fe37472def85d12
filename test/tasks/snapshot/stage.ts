import { readdirSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../../src/hooks/clock.ts';
import type { JobControl } from '../../../src/tasks/snapshot/control.ts';
import { doJob, type JobEnd } from '../../../src/tasks/snapshot/job.ts';
import type { RestoreSettings } from '../../../src/tasks/snapshot/restore-newest.ts';
import type { TakeSettings } from '../../../src/tasks/snapshot/take.ts';
import { type OwnWriter, ownWriter } from '../../../src/tasks/snapshot/writer-process.ts';
import { temporaryFolder } from '../../helpers/temporary-folder.ts';
import { takeSettings } from './take-settings.ts';

let jobs = 1_000_000;

/** A writer of this process with a job number of its own. */
export function newWriter(): OwnWriter {
  jobs += 1;
  return ownWriter(jobs, []);
}

/** The real clock, and nobody who stops the job. */
export const plainControl: JobControl = { clock: systemClock, throwIfStopped() {}, progress() {} };

/** Folders to save, keep and restore in, and the jobs on them, done in this thread. */
export interface Stage {
  readonly source: string;
  readonly destination: string;
  /** A folder that is not there yet. */
  readonly to: string;
  take(settings?: Partial<TakeSettings>, control?: JobControl): Promise<JobEnd>;
  restore(settings?: Partial<RestoreSettings>, control?: JobControl): Promise<JobEnd>;
  /** What is wrong with each snapshot, newest first; undefined: nothing. */
  damages(): Promise<(string | undefined)[]>;
  /** All files in the destination. */
  files(): string[];
  /** The archives in the destination, oldest first. */
  archives(): string[];
}

export async function stage(): Promise<Stage> {
  const dir = await temporaryFolder();
  const source = join(dir, 'source');
  const destination = join(dir, 'snapshots');
  const to = join(dir, 'restored');
  await mkdir(source);
  const files = () => readdirSync(destination).toSorted();
  return {
    source,
    destination,
    to,
    files,
    archives: () => files().filter((file) => /\.tar(\.zst|\.gz)?$/.test(file)),
    take(settings = {}, control = plainControl) {
      const whole: TakeSettings = { ...takeSettings(source, destination), ...settings };
      return doJob({ job: { kind: 'take', settings: whole }, own: newWriter() }, control);
    },
    restore(settings = {}, control = plainControl) {
      const whole = { from: destination, to, name: 'app', archive: undefined, overwrite: false, ...settings };
      return doJob({ job: { kind: 'restore', settings: whole }, own: newWriter() }, control);
    },
    async damages() {
      const job = { kind: 'verify', from: destination, name: undefined } as const;
      const end = await doJob({ job, own: newWriter() }, plainControl);
      return end.kind === 'verified' ? end.snapshots.map(({ damage }) => damage) : [end.kind];
    },
  };
}
