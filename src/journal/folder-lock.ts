/**
 * Keeps two processes off one journal folder. The lock is a listening socket in the abstract namespace of Linux, named for
 * the folder's device and inode: the kernel lets go of it when its process ends, by kill -9 too, and no file is left. It
 * guards within one network namespace, which is a pod: of one volume in several pods it knows nothing.
 */
import { mkdir, stat } from 'node:fs/promises';
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
const EVERY_MS = 50;

/** Takes the lock of a folder, which it makes if it is missing. Never rejects; takes little longer than its patience. */
export async function lockFolder({ dir, clock, patienceMs = PATIENCE_MS }: FolderLockInput): Promise<FolderLock> {
  const untilMs = clock.monotonicMs() + patienceMs;
  const name = await inTime(nameOf(dir), patienceMs, clock);
  if (name === undefined) return { state: 'unguarded' };
  for (;;) {
    const lock = await tryLock(name);
    if (lock.state !== 'taken' || clock.monotonicMs() >= untilMs) return lock;
    await pause(clock, EVERY_MS);
  }
}

async function nameOf(dir: string): Promise<string | undefined> {
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    const { dev, ino } = await stat(dir, { bigint: true });
    return `\0hookkeeper-journal-${dev}-${ino}`;
  } catch {
    return undefined;
  }
}

function tryLock(name: string): Promise<FolderLock> {
  return new Promise((resolve) => {
    // Whoever connects has nothing to find here.
    const server: Server = createServer((socket) => socket.destroy());
    server.maxConnections = 1;
    server.on('error', (error: NodeJS.ErrnoException) =>
      resolve({ state: error.code === 'EADDRINUSE' ? 'taken' : 'unguarded' }),
    );
    server.listen(name, () => resolve({ state: 'held', release: () => void server.close() }));
    server.unref();
  });
}

/** What `work` gives, or undefined after `ms`: a network disk may never answer. */
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
