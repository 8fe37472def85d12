/**
 * Writes one after the other, each for all who asked while the one before was on its way, and waits for none of them longer
 * than is bearable: a disk that fails or hangs degrades the journal to memory, and stops no run (P7).
 */
import type { Durability } from './entry.ts';
import type { OnJournalEvent } from './event.ts';

/** Time, as far as the journal needs it; `Clock` of the hooks is one. */
export interface JournalClock {
  /** Wall-clock time in ms since 1970. */
  epochMs(): number;
  /** Monotonic time in ms. */
  monotonicMs(): number;
  /** Calls `wake` once after `ms`, unless the returned function is called first. With `unref` no process stays alive for it. */
  after(ms: number, wake: () => void, timer?: { readonly unref: boolean }): () => void;
}

export interface WriteQueueOptions {
  /** Brings all of memory onto the disk; rejects with a sentence. Never called while it is at work. */
  readonly write: () => Promise<void>;
  /** A write that takes longer hangs, in ms. */
  readonly timeoutMs: number;
  /** What is said then, in a sentence. */
  readonly hangReason: string;
  readonly clock: JournalClock;
  readonly onEvent: OnJournalEvent;
}

export interface WriteQueue {
  /** Memory has something that the disk has not. */
  changed(): void;
  /** Resolves when every change before it is on the disk, or when that can't be had now. Never rejects. */
  commit(): Promise<Durability>;
  /**
   * The last commit: where a write hangs, it waits for that and for one more, at most the timeout. Nothing is tried again after
   * it, as the folder may be another process's then. Never rejects.
   */
  close(): Promise<void>;
  durability(): Durability;
}

/**
 * No hook may come for hours that would write what a write left in memory: it is tried again after so much, and then after
 * twice as much each time, up to the longest, in ms.
 */
const FIRST_RETRY_MS = 5000;
const LONGEST_RETRY_MS = 60_000;

type Waiter = (durability: Durability) => void;

/** `served` wait for the write on its way, which has all up to `changes`; `later` wait for the next one. */
interface Writing {
  readonly kind: 'writing';
  readonly changes: number;
  readonly served: Waiter[];
  readonly later: Waiter[];
}

type State =
  | { readonly kind: 'idle' }
  /** The last write failed; the next commit tries again, and else a timer, which `cancel` stops. */
  | { readonly kind: 'failed'; readonly cancel: () => void }
  | Writing
  /** The write on its way took too long. It may still come back; until then nobody waits for it, nor starts another. */
  | { readonly kind: 'hanging'; readonly write: Writing };

/** A queue that has written nothing yet: its first commit writes. */
export function createWriteQueue(options: WriteQueueOptions): WriteQueue {
  const { write, timeoutMs, hangReason, clock, onEvent } = options;
  let state: State = { kind: 'idle' };
  let durability: Durability = { state: 'durable' };
  let changes = 1;
  let written = 0;
  let retryMs = FIRST_RETRY_MS;
  let closing = false;

  function degrade(reason: string): void {
    onEvent({ type: 'writeFailed', reason });
    if (durability.state === 'degraded' && durability.reason === reason) return;
    const sinceMs = durability.state === 'degraded' ? durability.sinceMs : clock.epochMs();
    durability = { state: 'degraded', reason, sinceMs };
    onEvent({ type: 'degraded', reason });
  }

  function recover(): void {
    if (durability.state === 'durable') return;
    durability = { state: 'durable' };
    retryMs = FIRST_RETRY_MS;
    onEvent({ type: 'recovered' });
  }

  function release(waiters: Waiter[]): void {
    for (const resolve of waiters.splice(0)) resolve(durability);
  }

  /** Whoever is released may commit again at once, so each pass ends with the state of what follows it. */
  async function writeUntilIdle(first: Waiter[]): Promise<void> {
    let served: Waiter[] | undefined = first;
    while (served !== undefined) {
      const mine: Writing = { kind: 'writing', changes, served, later: [] };
      state = mine;
      const cancel = clock.after(timeoutMs, () => hang(mine));
      const failure = await failureOf(write);
      cancel();
      const hung: boolean = state !== mine;
      if (failure !== undefined) degrade(failure);
      else written = mine.changes;
      // After a hang others were let go before their changes were written: only a write of all is a recovery.
      const behind: boolean = failure === undefined && hung && written !== changes;
      if (failure === undefined && !behind) recover();
      release(mine.served);
      served = mine.later.length > 0 || behind ? mine.later : undefined;
    }
    state = durability.state === 'degraded' && !closing ? failed() : { kind: 'idle' };
  }

  function failed(): State {
    const retry = () => {
      retryMs = Math.min(2 * retryMs, LONGEST_RETRY_MS);
      void commit();
    };
    return { kind: 'failed', cancel: clock.after(retryMs, retry, { unref: true }) };
  }

  function hang(write: Writing): void {
    state = { kind: 'hanging', write };
    degrade(hangReason);
    release(write.served);
    release(write.later);
  }

  function commit(): Promise<Durability> {
    switch (state.kind) {
      case 'hanging':
        return Promise.resolve(durability);
      case 'writing': {
        const waiters = state.changes === changes ? state.served : state.later;
        return new Promise((resolve) => waiters.push(resolve));
      }
      case 'failed':
        state.cancel();
        return new Promise((resolve) => void writeUntilIdle([resolve]));
      case 'idle':
        if (written === changes) return Promise.resolve(durability);
        return new Promise((resolve) => void writeUntilIdle([resolve]));
    }
  }

  return {
    changed() {
      changes += 1;
    },
    commit,
    async close() {
      closing = true;
      if (state.kind !== 'hanging') return void (await commit());
      const { promise: over, resolve } = Promise.withResolvers<void>();
      const cancel = clock.after(timeoutMs, resolve);
      // What came while it hung is written behind it.
      state.write.later.push(() => resolve());
      await over;
      cancel();
    },
    durability: () => durability,
  };
}

async function failureOf(write: () => Promise<void>): Promise<string | undefined> {
  try {
    await write();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
