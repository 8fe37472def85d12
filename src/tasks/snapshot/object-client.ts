import type { OpenUpload, StoredObject, Upload } from './bucket.ts';

/**
 * Single requests to a bucket, as the client of object storage makes them. What it throws is the client's own: it lies in
 * another bundle, with classes of its own.
 */
export interface ObjectClient extends Disposable {
  list(prefix: string): Promise<StoredObject[]>;
  /** From a byte on; with a tag only if the object still has it. */
  get(key: string, from: number, tag: string | undefined): Promise<Content>;
  put(key: string, text: string): Promise<void>;
  /** In bytes; undefined where the server does not tell. */
  length(key: string): Promise<number | undefined>;
  copy(from: string, to: string): Promise<void>;
  remove(key: string): Promise<void>;
  beginUpload(key: string): Promise<string | undefined>;
  /** Gives the part's tag. */
  uploadPart(upload: Upload, number: number, bytes: Buffer): Promise<string | undefined>;
  /** Makes a part of bytes of another object, `begin` to `end`, both included. Gives its tag. */
  copyPart(upload: Upload, number: number, from: string, begin: number, end: number): Promise<string | undefined>;
  completeUpload(upload: Upload, tags: readonly string[]): Promise<void>;
  abortUpload(upload: Upload): Promise<void>;
  uploads(prefix: string): Promise<OpenUpload[]>;
}

export interface Content {
  readonly bytes: number;
  readonly tag: string | undefined;
  readonly pieces: AsyncIterable<unknown>;
}

/** How a client finds its server, and who it is. */
export interface ClientSettings {
  readonly bucket: string;
  readonly endpoint: string | undefined;
  readonly region: string;
  readonly pathStyle: boolean;
  /** Undefined: they are found in the AWS environment. */
  readonly keys:
    | { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string }
    | undefined;
  /** PEM certificates; undefined: those of Node.js. */
  readonly ca: string | undefined;
}
