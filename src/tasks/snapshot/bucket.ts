/** What is done with a bucket. Its methods throw `SnapshotProblem`, or `Stopped` soon after the job was told to stop. */
export interface Bucket extends Disposable {
  /** The objects whose keys begin so, without those with a slash after that. */
  list(prefix: string): Promise<StoredObject[]>;
  /** A small object as text; undefined where there is none, or a larger one. */
  text(key: string): Promise<string | undefined>;
  /** The bytes of an object. A connection that breaks is made again where it broke. */
  bytes(key: string): AsyncGenerator<Uint8Array, void, void>;
  put(key: string, text: string): Promise<void>;
  /** Copies an object within the bucket, and looks that the copy is as long. */
  copy(from: string, to: string, bytes: number): Promise<void>;
  /** Is done even after the job was told to stop. */
  remove(key: string): Promise<void>;
  beginUpload(key: string): Promise<string>;
  /** Gives the part's tag. */
  uploadPart(upload: Upload, number: number, bytes: Buffer): Promise<string>;
  /** From then on the object is there, all of it at once. */
  completeUpload(upload: Upload, tags: readonly string[]): Promise<void>;
  /** Is done even after the job was told to stop. */
  abortUpload(upload: Upload): Promise<void>;
  /** Uploads that are neither complete nor aborted; none where the server cannot tell. */
  uploads(prefix: string): Promise<OpenUpload[]>;
}

export interface StoredObject {
  readonly key: string;
  readonly bytes: number;
  readonly changedAtMs: number;
}

/** A multipart upload. */
export interface Upload {
  readonly key: string;
  readonly id: string;
}

export interface OpenUpload extends Upload {
  readonly begunAtMs: number;
}
