/**
 * Watches the connections of the pod's own ports until few are left. A look at the kernel's tables tells all, but is dear; the
 * kernel's counts of sockets are cheap, but are of all ports. So the counts are read each time, and tell when a look is worth it:
 * when they have fallen so far that this may be the end; when they have changed at all, as far as the budget goes; and, as one
 * connection that ends just when another begins changes no count, every now and then.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ReadContext, Reading } from '../config/condition.ts';
import { formatDuration } from '../config/duration.ts';
import type { ConnectionFilter } from './connection-look.ts';
import { createLookBudget } from './look-budget.ts';
import { type TableWatch, watchTable } from './table-watch.ts';

export interface WatchSettings extends ConnectionFilter {
  /** The wait between two readings of the counts, in ms. */
  readonly everyMs: number;
  /** Few are fewer than this. */
  readonly below: number;
  /** The end is that none was new for this time, in ms. */
  readonly quietForMs: number;
  /** When the end may come at the earliest, in ms after the start: there is a fresh look then. */
  readonly atLeastMs: number;
}

export interface ConnectionWatch {
  /** As that of a condition. */
  read(context: ReadContext): Promise<Reading>;
  /** Waits so many ms, or until a look is worth it; false when the signal aborted. */
  pause(ms: number, signal: AbortSignal): Promise<boolean>;
  /** How many connections there were: the most that looks saw, and what the last look saw. */
  counts(): { readonly most: number; readonly last: number };
  /** Whether no look has seen a listener or a connection of the ports. */
  foundNothing(): boolean;
  close(): void;
}

/** How long a connection that is being closed is left alone, in ms: a round trip to its peer is seldom longer. */
const CLOSING_MS = 100;

/** After a look that failed, the next one comes no sooner, in ms. */
const AFTER_FAILURE_MS = 1000;

/** Starts now. `folder` is `/proc/net`. */
export function watchConnections(
  folder: string,
  settings: WatchSettings,
  clock: ReadContext['clock'],
): ConnectionWatch {
  const { below, quietForMs } = settings;
  const startMs = clock.monotonicMs();
  // A kernel without IPv6 has but one.
  const versions = existsSync(join(folder, 'tcp6')) ? (['4', '6'] as const) : (['4'] as const);
  const tables = versions.map((version) => watchTable(folder, version, settings));
  const budget = createLookBudget(startMs);
  let lookedMs = Number.NEGATIVE_INFINITY;
  let newestMs = startMs;
  let everFound = false;
  let counts = { most: 0, last: 0 };
  let failure: { readonly reading: Reading; readonly untilMs: number } | undefined;

  const endMs = () => Math.max(startMs + settings.atLeastMs, newestMs + quietForMs);

  const closedMs = () => lookedMs + CLOSING_MS;

  /** Which tables are worth a look now, and why. */
  function whatToLookAt(nowMs: number): { readonly at: readonly TableWatch[]; readonly why: 'idle' | 'change' } {
    if (nowMs >= budget.idleLookMs()) return { at: tables, why: 'idle' };
    const isFew = countOf(tables, (table) => table.last().count) < below;
    if (isFew && lookedMs < endMs() && nowMs >= endMs()) return { at: tables, why: 'change' };
    const changed = tables.filter((table) => table.hasChanged() || (table.last().closing && nowMs >= closedMs()));
    const mayBeEnd = !isFew && countOf(tables, (table) => table.estimate()) < below;
    const isAllowed = mayBeEnd ? budget.allowsEnd(nowMs) : budget.allowsChange(nowMs);
    return { at: isAllowed ? changed : [], why: 'change' };
  }

  async function look(at: readonly TableWatch[], signal: AbortSignal): Promise<string | undefined> {
    for (const table of at) {
      const problem = await table.look(signal);
      if (problem !== undefined) return problem;
    }
    return undefined;
  }

  function readingNow(nowMs: number, lookedAt: readonly TableWatch[]): Reading {
    const isFresh = tables.every((table) => lookedAt.includes(table) || (table.canTell() && !table.hasChanged()));
    const count = countOf(tables, (table) => (isFresh ? table.last().count : table.estimate()));
    if (isFresh) counts = { most: Math.max(counts.most, count), last: count };
    const isFew = isFresh && count < below;
    const quiet = isFew && quietForMs > 0 ? `, and waits until none is new for ${formatDuration(quietForMs)}` : '';
    const saw = `${isFresh ? '' : 'about '}${connectionsText(count)}${quiet}`;
    return { kind: 'read', met: isFew && nowMs >= endMs(), saw, left: Math.max(0, count - below + 1) };
  }

  async function read({ signal }: ReadContext): Promise<Reading> {
    const nowMs = clock.monotonicMs();
    if (failure !== undefined && nowMs < failure.untilMs) return failure.reading;
    for (const table of tables) table.poll();
    const { at, why } = whatToLookAt(nowMs);
    const reason = await look(at, signal);
    if (reason !== undefined) {
      const reading: Reading = { kind: 'unreadable', reason, refused: false };
      failure = { reading, untilMs: nowMs + AFTER_FAILURE_MS };
      return reading;
    }
    if (at.length > 0) {
      const own = ownOf(tables);
      if (at.some((table) => table.hasNew(own))) newestMs = nowMs;
      everFound ||= at.some((table) => table.last().listening || table.last().connections.size > 0);
      lookedMs = nowMs;
      const costMs = at.reduce((sum, table) => sum + table.last().costMs, 0);
      budget.spend(clock.monotonicMs(), costMs, why);
    }
    return readingNow(nowMs, at);
  }

  /** A timer that fires costs more than all that is done here: no promise and no listener for each. */
  function pause(ms: number, signal: AbortSignal): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const untilMs = clock.monotonicMs() + ms;
    const dueMs = Math.min(
      budget.idleLookMs(),
      lookedMs < endMs() ? endMs() : Number.POSITIVE_INFINITY,
      tables.some((table) => table.last().closing) ? closedMs() : Number.POSITIVE_INFINITY,
    );
    let cancel = () => {};
    const tick = () => {
      const nowMs = clock.monotonicMs();
      let hasNews = nowMs >= dueMs;
      for (const table of tables) {
        table.poll();
        hasNews ||= table.hasChanged();
      }
      if (nowMs >= untilMs || (hasNews && whatToLookAt(nowMs).at.length > 0)) finish();
      else cancel = clock.after(Math.min(settings.everyMs, untilMs - nowMs), tick);
    };
    const finish = () => {
      cancel();
      signal.removeEventListener('abort', finish);
      resolve(!signal.aborted);
    };
    signal.addEventListener('abort', finish, { once: true });
    if (signal.aborted) finish();
    else cancel = clock.after(Math.min(settings.everyMs, ms), tick);
    return promise;
  }

  return {
    read,
    pause,
    counts: () => counts,
    foundNothing: () => !everFound,
    close() {
      for (const table of tables) table.close();
    },
  };
}

function ownOf(tables: readonly TableWatch[]): ReadonlySet<number> {
  return new Set(tables.flatMap((table) => [...table.last().own]));
}

/** The connections of all tables, but for those with ourselves. */
function countOf(tables: readonly TableWatch[], inTable: (table: TableWatch) => number): number {
  let count = 0;
  const own = ownOf(tables);
  for (const table of tables) {
    count += inTable(table);
    for (const key of own) if (table.last().connections.get(key) === true) count -= 1;
  }
  return Math.max(0, count);
}

function connectionsText(count: number): string {
  return count === 0 ? 'no connections' : count === 1 ? '1 connection' : `${count} connections`;
}
