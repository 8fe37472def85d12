/**
 * Keeps two processes off one journal folder. The lock is a listening socket in the abstract namespace of Linux, named for
 * the folder's device and inode: the kernel lets go of it when its process ends, by kill -9 too, and no file is left. It
 * guards within one network namespace, which is a pod: of one volume in several pods it knows nothing. The folder is kept
 * open meanwhile: its inode would be another folder's soon after it was removed.
 */
import { constants } from 'node:fs';
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import type { JournalClock } from './write-queue.ts';

export type FolderLock =
  | { readonly state: 'held'; readonly release: () => void }
  /** Another process has it. */
  | { readonly state: 'taken' }
  /** There is no such lock here, and so nothing is known: another system, or a folder that cannot be looked at. */
  | { readonly state: 'unguarded' };

export interface FolderLockInput {
  readonly dir: string;
  readonly clock: JournalClock;
  /** How long it is tried while another process has it, in ms: one that is just ending lets go of it. Default 2000. */
  readonly patienceMs?: number;
}

const PATIENCE_MS = 2000;
/** A folder that takes longer to open is not guarded: a network disk may never answer. */
const OPENING_MS = 2000;
const EVERY_MS = 50;

/** Takes the lock of a folder, which it makes if it is missing. Never rejects; takes at most its patience and the opening. */
export async function lockFolder({ dir, clock, patienceMs = PATIENCE_MS }: FolderLockInput): Promise<FolderLock> {
  const untilMs = clock.monotonicMs() + patienceMs;
  const opening = openFolder(dir);
  const folder = await inTime(opening, OPENING_MS, clock);
  if (folder === undefined) {
    void opening.then((late) => late?.handle.close());
    return { state: 'unguarded' };
  }
  for (;;) {
    const lock = await tryLock(folder);
    if (lock.state === 'held') return lock;
    if (lock.state === 'unguarded' || clock.monotonicMs() >= untilMs) {
      await folder.handle.close();
      return lock;
    }
    await pause(clock, EVERY_MS);
  }
}

interface OpenFolder {
  readonly handle: FileHandle;
  /** Of the socket. */
  readonly name: string;
}

async function openFolder(dir: string): Promise<OpenFolder | undefined> {
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    const handle = await open(dir, constants.O_RDONLY | constants.O_DIRECTORY);
    const { dev, ino } = await handle.stat({ bigint: true });
    return { handle, name: `\0hookkeeper-journal-${dev}-${ino}` };
  } catch {
    return undefined;
  }
}

function tryLock({ handle, name }: OpenFolder): Promise<FolderLock> {
  return new Promise((resolve) => {
    // Whoever connects has nothing to find here.
    const server: Server = createServer((socket) => socket.destroy());
    server.maxConnections = 1;
    server.on('error', (error: NodeJS.ErrnoException) =>
      resolve({ state: error.code === 'EADDRINUSE' ? 'taken' : 'unguarded' }),
    );
    const release = () => {
      server.close();
      void handle.close();
    };
    server.listen(name, () => resolve({ state: 'held', release }));
    server.unref();
  });
}

/** What `work` gives, or undefined after `ms`. */
function inTime<T>(work: Promise<T>, ms: number, clock: JournalClock): Promise<T | undefined> {
  return new Promise((resolve) => {
    const cancel = clock.after(ms, () => resolve(undefined));
    void work.then((value) => {
      cancel();
      resolve(value);
    });
  });
}

function pause(clock: JournalClock, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.after(ms, resolve));
}
