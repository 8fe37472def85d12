/**
 * The durable record of runs: what is put is in memory at once, and on the disk when `commit` resolves (P1). Whatever the
 * file or the disk is like, the service starts and goes on (P7), and says what it lost (P6).
 */
import * as nodeFs from 'node:fs/promises';
import { type Adapter, Low } from 'lowdb';
import { boundJournal, JOURNAL_BYTES } from './bounds.ts';
import { encodedBytes, JOURNAL_VERSION, type JournalData } from './codec.ts';
import type { FileSystem } from './durable-file.ts';
import type { Journal, RunRecord } from './entry.ts';
import type { OnJournalEvent } from './event.ts';
import { journalFile, journalPath, UnusableJournal } from './journal-file.ts';
import { keptRun } from './kept-run.ts';
import { moveAside, type Obstacle } from './move-aside.ts';
import { takenUp } from './taken-up.ts';
import { createWriteQueue, type JournalClock } from './write-queue.ts';

export interface JournalOptions {
  /** The folder of the journal; made if it is missing. */
  readonly dir: string;
  /** Names this process in its claims; no other process may ever have the same. */
  readonly instance: string;
  /** The pod's UID, if it is known: another pod's journal is not ours to go on with. */
  readonly podUid: string | undefined;
  readonly clock: JournalClock;
  readonly onEvent: OnJournalEvent;
  /** A write that takes longer degrades the journal, in ms. Default 2000: a slow network disk needs a tenth of it. */
  readonly writeTimeoutMs?: number;
  /** Why the folder may not be touched, as another process uses it; the journal is kept in memory then. Default: it may. */
  readonly untouchable?: string | undefined;
  readonly fs?: FileSystem;
}

export interface OpenJournal extends Journal {
  /** Writes what is not on the disk yet, also behind a write that hangs, if that comes back in time. Never rejects. */
  close(): Promise<void>;
}

const WRITE_TIMEOUT_MS = 2000;

/**
 * Opens the journal of a folder. A file that can't be used is moved aside, claims of other processes become `interrupted`,
 * and one write shows whether the disk can be relied on. What a slow disk gives later is gone on with, unless something was put
 * before. Never rejects; takes at most twice the write timeout.
 */
export async function openJournal(options: JournalOptions): Promise<OpenJournal> {
  const { dir, clock, onEvent, writeTimeoutMs = WRITE_TIMEOUT_MS, fs = nodeFs } = options;
  const path = journalPath(dir);
  const file = journalFile(dir, fs);
  const loading = options.untouchable === undefined ? load(file, options) : Promise.resolve(nothing(options));
  const tooLate = unusable(options, 'unreadable', `it was not read within ${writeTimeoutMs} ms`);
  const loaded = await inTime(loading, writeTimeoutMs, tooLate, clock);
  let found = takenUp(loaded.data, options.instance);
  const db = new Low(file, found.data);
  let { fits } = found;
  let { obstacle } = loaded;
  let isOpen = false;
  /** Whether it may still be read late: nothing was begun without what it has. */
  let awaited = loaded === tooLate;
  const tellOpened = () => onEvent({ type: 'opened', path, runs: found.runs, interrupted: found.interrupted });

  async function write(): Promise<void> {
    if (options.untouchable !== undefined) throw new Error(options.untouchable);
    const startedMs = clock.monotonicMs();
    // A disk that hangs gets one operation at a time, as Node has few threads for them, and a process needs others.
    const late = await loading;
    if (awaited) {
      awaited = false;
      found = takenUp(late.data, options.instance);
      ({ data: db.data, fits } = found);
      obstacle = late.obstacle;
      if (isOpen) tellOpened();
    }
    if (obstacle !== undefined) await clearTheWay(path, obstacle, fs, onEvent);
    obstacle = undefined;
    if (!fits) throw new Error(`cannot write ${path}: what must be kept is over ${JOURNAL_BYTES} bytes`);
    const bytes = encodedBytes(db.data);
    await db.write().catch((error: unknown) => {
      throw new Error(`cannot write ${path}: ${messageOf(error)}`, { cause: error });
    });
    onEvent({ type: 'written', bytes, durationMs: clock.monotonicMs() - startedMs });
  }

  const queue = createWriteQueue({
    write,
    timeoutMs: writeTimeoutMs,
    hangReason: `cannot write ${path}: the disk did not answer within ${writeTimeoutMs} ms`,
    clock,
    onEvent,
  });
  await queue.commit();
  isOpen = true;
  tellOpened();
  return {
    runsOf: (container) => db.data.runs.filter((run) => run.container === container),
    all: () => db.data.runs,
    nextSequence: () => db.data.nextSequence,
    put(run) {
      awaited = false;
      ({ data: db.data, fits } = boundJournal(withRun(db.data, keptRun(run))));
      queue.changed();
    },
    commit: () => queue.commit(),
    durability: () => queue.durability(),
    close: () => queue.close(),
  };
}

interface Loaded {
  readonly data: JournalData;
  /** A file that has to be moved aside before the first write. */
  readonly obstacle: Obstacle | undefined;
}

async function load(file: Adapter<JournalData>, options: JournalOptions): Promise<Loaded> {
  const { podUid } = options;
  try {
    const data = await file.read();
    if (data === null) return nothing(options);
    const pod = podUid === undefined ? data.pod : { uid: podUid };
    if (data.pod === null || data.pod.uid === pod?.uid) return { data: { ...data, pod }, obstacle: undefined };
    const why = `it is the journal of another pod, ${data.pod.uid}`;
    return { data: emptyJournal(podUid), obstacle: { kind: 'pod', label: data.pod.uid, why } };
  } catch (error) {
    return unusable(options, error instanceof UnusableJournal ? error.kind : 'unreadable', messageOf(error));
  }
}

function nothing({ podUid }: JournalOptions): Loaded {
  return { data: emptyJournal(podUid), obstacle: undefined };
}

function unusable({ podUid, clock }: JournalOptions, kind: 'newer' | 'unreadable', why: string): Loaded {
  const label = new Date(clock.epochMs()).toISOString().replaceAll(/[:.]/g, '-');
  return { data: emptyJournal(podUid), obstacle: { kind, label, why } };
}

function emptyJournal(podUid: string | undefined): JournalData {
  const pod = podUid === undefined ? null : { uid: podUid };
  return { version: JOURNAL_VERSION, pod, nextSequence: 1, runs: [] };
}

async function clearTheWay(path: string, obstacle: Obstacle, fs: FileSystem, onEvent: OnJournalEvent): Promise<void> {
  await moveAside(path, obstacle, fs, onEvent).catch((error: unknown) => {
    const why = `cannot use ${path} (${obstacle.why}) and cannot move it aside: ${messageOf(error)}`;
    throw new Error(why, { cause: error });
  });
}

/** The run in its place, instead of the one with its ID. */
function withRun(data: JournalData, run: RunRecord): JournalData {
  const others = data.runs.filter(({ id }) => id !== run.id);
  const before = others.findLastIndex(({ sequence }) => sequence <= run.sequence);
  return {
    ...data,
    nextSequence: Math.max(data.nextSequence, run.sequence + 1),
    runs: others.toSpliced(before + 1, 0, run),
  };
}

/** What `work` gives, or `otherwise` after `ms`. `work` never rejects. */
function inTime<T>(work: Promise<T>, ms: number, otherwise: T, clock: JournalClock): Promise<T> {
  return new Promise((resolve) => {
    const cancel = clock.after(ms, () => resolve(otherwise));
    void work.then((value) => {
      cancel();
      resolve(value);
    });
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
