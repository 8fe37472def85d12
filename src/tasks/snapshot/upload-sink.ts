import type { Bucket, Upload } from './bucket.ts';
import type { ByteSink } from './byte-sink.ts';
import { release } from './format.ts';
import { SnapshotProblem } from './problem.ts';

/** No upload has more parts (S3's user guide, "Amazon S3 multipart upload limits"). */
const MOST_PARTS = 10_000;

export interface UploadSink extends ByteSink {
  /** Takes back what was sent of an upload that is not complete. Throws `SnapshotProblem`. */
  abort(): Promise<void>;
}

/**
 * Sends what it gets as the parts of one upload: one is sent while the next is filled. The parts are of one size but the
 * last, as some servers ask for. Whether it is large or small, the object is there only when it is whole.
 */
export function uploadSink(bucket: Bucket, key: string, partBytes: number): UploadSink {
  const tags: string[] = [];
  let upload: Upload | undefined;
  let filling = Buffer.allocUnsafeSlow(partBytes);
  let sent = Buffer.allocUnsafeSlow(partBytes);
  let used = 0;
  let sending: Promise<void> = Promise.resolve();

  async function send(part: Buffer): Promise<void> {
    if (tags.length === MOST_PARTS) {
      throw new SnapshotProblem(
        `is larger than ${MOST_PARTS} parts of ${partBytes} bytes: set a larger partSize`,
        false,
      );
    }
    upload ??= { key, id: await bucket.beginUpload(key) };
    tags.push(await bucket.uploadPart(upload, tags.length + 1, part));
  }

  async function endPart(): Promise<void> {
    await sending;
    [filling, sent] = [sent, filling];
    sending = send(sent.subarray(0, used));
    used = 0;
    // Awaited in its turn; until then a failure must not count as unhandled.
    sending.catch(() => {});
  }

  async function fill(bytes: Buffer): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      const copied = bytes.copy(filling, used, done);
      done += copied;
      used += copied;
      if (used === partBytes) await endPart();
    }
  }

  return {
    write(bytes) {
      if (used + bytes.length >= partBytes) return fill(bytes);
      used += bytes.copy(filling, used);
      return undefined;
    },
    async finish() {
      if (used > 0 || upload === undefined) await endPart();
      await sending;
      if (upload !== undefined) await bucket.completeUpload(upload, tags);
      upload = undefined;
      // What is read back next takes as much memory.
      release([filling, sent]);
    },
    close() {},
    async abort() {
      await sending.catch(() => {});
      if (upload !== undefined) await bucket.abortUpload(upload);
    },
  };
}
