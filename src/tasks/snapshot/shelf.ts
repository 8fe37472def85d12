import type { ByteSink } from './byte-sink.ts';
import type { ByteSource } from './byte-source.ts';
import type { Listed } from './catalogue.ts';
import type { JobControl } from './control.ts';
import type { Debris } from './debris.ts';
import type { Manifest } from './manifest.ts';
import type { OwnWriter } from './writer-process.ts';

/** An archive that does not count yet. */
export interface Draft {
  readonly sink: ByteSink;
  /** Its bytes, once it is written. */
  read(): Promise<ByteSource> | ByteSource;
  /**
   * Gives it the name in its manifest, with all that stands beside it: from then on it counts. False when that name is
   * somebody else's. Throws `SnapshotProblem`.
   */
  publish(manifest: Manifest): Promise<boolean> | boolean;
  /** Removes what is left of it, if anything is. */
  discard(): Promise<void> | void;
}

/** A place with snapshots, as it is read from. Its methods throw `SnapshotProblem`. */
export interface Shelf extends Disposable {
  /** The snapshots of one name or of all, newest first. */
  list(name: string | undefined): Promise<Listed[]> | Listed[];
  /** The bytes of an archive. */
  read(file: string): Promise<ByteSource> | ByteSource;
}

/** The same, as it is written to. */
export interface WritableShelf extends Shelf {
  /** Makes ready for what comes, and removes what killed writers of a name have left. */
  prepare(name: string, nowMs: number): Promise<Debris> | Debris;
  begin(name: string): Promise<Draft> | Draft;
  /** Moves the pointer to the newest good one of a name. */
  point(name: string, file: string): Promise<void> | void;
  /** Removes a snapshot with all that stands beside it. */
  remove(file: string): Promise<void> | void;
}

/** Who uses a shelf, and how. */
export interface ShelfUse {
  readonly own: OwnWriter;
  readonly control: JobControl;
  /** How much goes over the network in a second, in bytes; undefined: no limit. */
  readonly limitBytesPerS: number | undefined;
}
