import { messageOf } from '../../hooks/sentence.ts';

/**
 * Why a snapshot or a restore cannot be. Thrown from the depth of the copying, and made a value where a job ends
 * (`job.ts`): between them are generators and synchronous loops.
 */
export class SnapshotProblem extends Error {
  override readonly name = 'SnapshotProblem';
  /** Whether another attempt may go well. */
  readonly retryable: boolean;
  constructor(message: string, retryable: boolean) {
    super(message);
    this.retryable = retryable;
  }
}

/** The job was told to stop. */
export class Stopped extends SnapshotProblem {
  constructor() {
    super('was told to stop', true);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'no space is left on the disk',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file would be larger than a limit allows',
  EACCES: 'permission is denied',
  EPERM: 'it is not permitted',
  EROFS: 'the file system is read-only',
  ENOENT: 'it is not there',
  ENOTDIR: 'it is not a folder',
  EMFILE: 'too many files are open',
  ENAMETOOLONG: 'the path is too long',
  EIO: 'the disk failed',
};

/** The `code` of a system error, such as `ENOENT`; empty for anything else. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** The system's error as a problem: `cannot write /snapshots/x: no space is left on the disk (ENOSPC)`. */
export function problemOf(doing: string, error: unknown): SnapshotProblem {
  if (error instanceof SnapshotProblem) return error;
  const code = codeOf(error);
  const reason = REASONS[code];
  return new SnapshotProblem(
    `cannot ${doing}: ${reason === undefined ? messageOf(error) : `${reason} (${code})`}`,
    true,
  );
}

/** What `act` returns; what the system throws becomes a problem. */
export function attempting<T>(doing: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw problemOf(doing, error);
  }
}
