/**
 * The file whose content the kubelet shows as the container's message when the container has ended, however it ended. The
 * kubelet made it and mounts it by itself: it can be neither replaced nor, where it is not there, put in its place.
 */
import { open } from 'node:fs/promises';

/** What happens to the file. */
export type TerminationLogEvent =
  /** No message is left, and it will not be said again. `missing`: nobody has made the file, so this is no Kubernetes. */
  { readonly type: 'notWritten'; readonly path: string; readonly reason: string; readonly missing: boolean };

export interface TerminationLogInput {
  readonly path: string;
  /** Makes the message, at most 4096 bytes, when it can be written: of several in a row the last is. */
  readonly message: () => string;
  readonly onEvent: (event: TerminationLogEvent) => void;
}

export interface TerminationLog {
  /** Asks for a new message. Waits for nothing, and never throws. */
  update(): void;
  /** Resolves when what was asked for is written, or can't be. Never rejects, but may wait for a disk that hangs. */
  settled(): Promise<void>;
}

/** Opens nothing yet. */
export function createTerminationLog({ path, message, onEvent }: TerminationLogInput): TerminationLog {
  let writing: Promise<void> | undefined;
  let asked = false;
  let told = false;

  async function writeAll(): Promise<void> {
    while (asked) {
      asked = false;
      try {
        await overwrite(path, message);
      } catch (error) {
        if (!told) onEvent({ type: 'notWritten', path, reason: reasonOf(error), missing: codeOf(error) === 'ENOENT' });
        told = true;
      }
    }
    writing = undefined;
  }

  return {
    update() {
      asked = true;
      writing ??= writeAll();
    },
    settled: async () => writing,
  };
}

/**
 * In one write, and only then cut to its length: a kill in between leaves the new beginning, and never an empty file. The
 * message is made when the file is open: what was just told of is in the journal by then.
 */
async function overwrite(path: string, message: () => string): Promise<void> {
  // For reading and writing, so that it is not made where it is not there.
  await using file = await open(path, 'r+');
  const bytes = Buffer.from(message());
  await file.write(bytes, 0, bytes.length, 0);
  await file.truncate(bytes.length);
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
