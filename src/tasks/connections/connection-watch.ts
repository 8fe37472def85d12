/**
 * Watches the connections of the pod's own ports until few are left. A look at the kernel's tables tells all, but is dear; the
 * kernel's counts of sockets are cheap, but are of all ports. So the counts are read each time, and tell when a look is worth it:
 * when they have fallen so far that this is probably the end; when so many sockets have ended that it can be, though as many
 * others may have begun; when they have changed at all, as far as the budget goes; and, as not everything is counted, every now
 * and then.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ReadContext, Reading } from '../../config/condition.ts';
import { formatDuration } from '../../config/duration.ts';
import type { ConnectionFilter } from './connection-look.ts';
import { createLookBudget } from './look-budget.ts';
import { openOpeningCounter } from './opening-counter.ts';
import { createSocketEnds } from './socket-ends.ts';
import { countOf, ownOf, sumOf, wantedEnds } from './table-sums.ts';
import { type TableWatch, watchTable } from './table-watch.ts';

export interface WatchSettings extends Omit<ConnectionFilter, 'keepsEnded'> {
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

/** The shortest wait between two readings of the counts, in ms, when at the pace of their fall the end is near. */
const NEAR_END_MS = 5;

/** What has begun is read this long after the last time, in ms, where the count of sockets is the same: it costs as much again. */
const SWAP_MS = 200;

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
  const filter = { ...settings, keepsEnded: quietForMs > 0 };
  // A kernel without IPv6 has but one.
  const versions = existsSync(join(folder, 'tcp6')) ? (['4', '6'] as const) : (['4'] as const);
  const tables = versions.map((version) => watchTable(folder, version, filter));
  const openings = openOpeningCounter(join(folder, 'snmp'));
  const ends = createSocketEnds(openings);
  const budget = createLookBudget(startMs, () => sumOf(tables, (table) => table.sockets()) !== undefined);
  /** As of the last look: it is asked for at each poll. */
  let wanted = wantedEnds(tables, below);
  let polledMs = Number.NEGATIVE_INFINITY;
  let lookedMs = Number.NEGATIVE_INFINITY;
  let newestMs = startMs;
  let everFound = false;
  let counts = { most: 0, last: 0 };
  let failure: { readonly reading: Reading; readonly untilMs: number } | undefined;

  const endMs = () => Math.max(startMs + settings.atLeastMs, newestMs + quietForMs);

  const closedMs = () => lookedMs + CLOSING_MS;

  function poll(nowMs: number): void {
    polledMs = nowMs;
    for (const table of tables) table.poll();
    ends.poll(
      nowMs,
      sumOf(tables, (table) => table.sockets()),
    );
  }

  /** Where fewer than are likely have ended, that is looked at when no more do: what a look costs is not spent halfway. */
  function canBeEnd(): boolean {
    return ends.ended() >= wanted.likely || (ends.closed() >= wanted.least && ends.isStill());
  }

  /** Which tables are worth a look now, and why. */
  function whatToLookAt(nowMs: number): { readonly at: readonly TableWatch[]; readonly why: 'idle' | 'change' } {
    if (nowMs >= budget.idleLookMs()) return { at: tables, why: 'idle' };
    const isFew = countOf(tables, (table) => table.last().count) < below;
    if (isFew && lookedMs < endMs() && nowMs >= endMs()) return { at: tables, why: 'change' };
    const changed = tables.filter(
      (table) =>
        table.hasChanged() || (table.isOfUse() && ends.hasMoved()) || (table.last().closing && nowMs >= closedMs()),
    );
    const isProbablyEnd = !isFew && countOf(tables, (table) => table.estimate()) < below;
    const isAllowed =
      budget.allowsChange(nowMs) ||
      (isProbablyEnd && budget.allowsEnd(nowMs)) ||
      (canBeEnd() && budget.allowsGuess(nowMs));
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
    const isFresh = tables.every(
      (table) => lookedAt.includes(table) || (table.sockets() !== undefined && !table.hasChanged()),
    );
    const seen = countOf(tables, (table) => table.last().count);
    const estimate = isFresh ? seen : countOf(tables, (table) => table.estimate());
    // What began since is seldom ours, in a pod that is taken out of service.
    const count = seen < below ? estimate : Math.min(estimate, seen);
    if (isFresh) counts = { most: Math.max(counts.most, count), last: count };
    const isFew = isFresh && count < below;
    const quiet = isFew && quietForMs > 0 ? `, and waits until none is new for ${formatDuration(quietForMs)}` : '';
    const saw = `${isFresh ? '' : 'about '}${connectionsText(count)}${quiet}`;
    return { kind: 'read', met: isFew && nowMs >= endMs(), saw, left: Math.max(0, count - below + 1) };
  }

  async function read({ signal }: ReadContext): Promise<Reading> {
    const nowMs = clock.monotonicMs();
    if (failure !== undefined && nowMs < failure.untilMs) return failure.reading;
    poll(nowMs);
    const { at, why } = whatToLookAt(nowMs);
    const before = ends.counts();
    const reason = await look(at, signal);
    if (reason !== undefined) {
      const reading: Reading = { kind: 'unreadable', reason, refused: false };
      failure = { reading, untilMs: nowMs + AFTER_FAILURE_MS };
      return reading;
    }
    if (at.length > 0) {
      ends.mark(before);
      wanted = wantedEnds(tables, below);
      const own = ownOf(tables);
      if (at.some((table) => table.hasNew(own))) newestMs = nowMs;
      everFound ||= at.some((table) => table.isOfUse());
      lookedMs = nowMs;
      const costMs = at.reduce((sum, table) => sum + table.last().costMs, 0);
      budget.spend(clock.monotonicMs(), costMs, why);
    }
    return readingNow(nowMs, at);
  }

  /** Nearly all polls are of nothing that happens, and are what a drain costs: this reads as little as there is. */
  function isCalm(): boolean {
    if (ends.hasMoved()) return false;
    for (const table of tables) {
      table.poll();
      if (table.hasChanged()) return false;
    }
    return true;
  }

  /** Where the end is near at the pace of the last polls, it is come to in a few of them. */
  const nextMs = () => Math.min(settings.everyMs, Math.max(NEAR_END_MS, ends.msUntil(wanted.likely) / 4));

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
      const isOver = nowMs >= untilMs;
      if (!isOver && nowMs < Math.min(dueMs, polledMs + SWAP_MS) && isCalm()) {
        cancel = clock.after(Math.min(settings.everyMs, untilMs - nowMs), tick);
        return;
      }
      poll(nowMs);
      if (isOver || whatToLookAt(nowMs).at.length > 0) finish();
      else cancel = clock.after(Math.min(nextMs(), untilMs - nowMs), tick);
    };
    const finish = () => {
      cancel();
      signal.removeEventListener('abort', finish);
      resolve(!signal.aborted);
    };
    signal.addEventListener('abort', finish, { once: true });
    if (signal.aborted) finish();
    else cancel = clock.after(Math.min(nextMs(), ms), tick);
    return promise;
  }

  return {
    read,
    pause,
    counts: () => counts,
    foundNothing: () => !everFound,
    close() {
      for (const table of tables) table.close();
      openings.close();
    },
  };
}

function connectionsText(count: number): string {
  return count === 0 ? 'no connections' : count === 1 ? '1 connection' : `${count} connections`;
}
