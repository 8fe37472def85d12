import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JobControl } from '../../../src/tasks/snapshot/control.ts';
import { doJob, type JobEnd } from '../../../src/tasks/snapshot/job.ts';
import { type BucketPlace, plainBucket } from '../../../src/tasks/snapshot/place.ts';
import type { RestoreSettings } from '../../../src/tasks/snapshot/restore-newest.ts';
import type { TakeSettings } from '../../../src/tasks/snapshot/take.ts';
import type { OwnWriter } from '../../../src/tasks/snapshot/writer-process.ts';
import { temporaryFolder } from '../../helpers/temporary-folder.ts';
import { KEYS } from '../../object-storage/bucket-server.ts';
import { newWriter, plainControl } from './stage.ts';
import { takeSettings } from './take-settings.ts';

/** A folder to save, a bucket to keep it in, and a folder to restore to; the jobs are done in this thread. */
export interface BucketStage {
  readonly dir: string;
  readonly source: string;
  readonly to: string;
  readonly place: BucketPlace;
  take(settings?: Partial<TakeSettings>, control?: JobControl, own?: OwnWriter): Promise<JobEnd>;
  restore(settings?: Partial<RestoreSettings>, control?: JobControl): Promise<JobEnd>;
  /** What is wrong with each snapshot, newest first; undefined: nothing. */
  damages(): Promise<(string | undefined)[]>;
}

/** Smallest parts, so that little data makes several. */
const PART_BYTES = 5 * 1024 ** 2;

export async function bucketStage(endpoint: string, keys = KEYS): Promise<BucketStage> {
  const dir = await temporaryFolder();
  const [source, to, scratch] = [join(dir, 'source'), join(dir, 'restored'), join(dir, 'scratch')];
  mkdirSync(source);
  mkdirSync(scratch);
  const keyFile = (name: string, content: string) => {
    writeFileSync(join(dir, name), `${content}\n`);
    return join(dir, name);
  };
  const place: BucketPlace = {
    ...plainBucket('bucket', 'team/app'),
    endpoint,
    region: 'eu-central-1',
    keyFiles: {
      accessKeyId: keyFile('id', keys.accessKeyId),
      secretAccessKey: keyFile('secret', keys.secretAccessKey),
      sessionToken: keys.sessionToken === undefined ? undefined : keyFile('token', keys.sessionToken),
    },
    partBytes: PART_BYTES,
    scratch,
  };
  return {
    dir,
    source,
    to,
    place,
    take(settings = {}, control = plainControl, own = newWriter()) {
      // Without compression there is as much to send as was saved.
      const whole = { ...takeSettings(source, ''), format: 'tar' as const, destination: place, ...settings };
      return doJob({ job: { kind: 'take', settings: whole }, own }, control);
    },
    restore(settings = {}, control = plainControl) {
      const whole = { from: place, to, name: 'app', archive: undefined, overwrite: false, ...settings };
      return doJob({ job: { kind: 'restore', settings: whole }, own: newWriter() }, control);
    },
    async damages() {
      const job = { kind: 'verify', from: place, name: undefined } as const;
      const end = await doJob({ job, own: newWriter() }, plainControl);
      return end.kind === 'verified' ? end.snapshots.map(({ damage }) => damage) : [JSON.stringify(end)];
    },
  };
}
