import type { OpeningCounter } from './opening-counter.ts';

/** What the kernel counted at one time. */
export interface SocketCounts {
  readonly sockets: number;
  readonly begun: number;
  readonly established: number;
  readonly atMs: number;
}

/**
 * How many sockets have ended since a look began. The count of sockets alone does not tell, as it stays the same when one ends
 * while another begins. The kernel also counts what has begun, and so the difference is known.
 */
export interface SocketEnds {
  /** Reads the counts; `sockets` are those of both tables, undefined where the system does not tell. */
  poll(nowMs: number, sockets: number | undefined): void;
  /** What the last poll read. */
  counts(): SocketCounts | undefined;
  /** From now on the next ones tell what was since `counts`. */
  mark(counts: SocketCounts | undefined): void;
  /** How many sockets ended, or one more where an attempt to connect failed; 0 where the system does not tell. */
  ended(): number;
  /** The same with those that our side has closed, though the peer has not. */
  closed(): number;
  /** Whether anything at all began or ended, as far as it is counted. */
  hasMoved(): boolean;
  /** Whether nothing began or ended between the last two polls. */
  isStill(): boolean;
  /** In how many ms `ended` is `goal`, at the pace of the last two polls; Infinity where nothing ended. */
  msUntil(goal: number): number;
}

/** Of polls that are closer together, in ms, the first is no measure of pace. */
const PACE_MS = 5;

export function createSocketEnds(openings: Pick<OpeningCounter, 'read'>): SocketEnds {
  let marked: SocketCounts | undefined;
  let earlier: SocketCounts | undefined;
  let now: SocketCounts | undefined;
  const ended = () => since(marked, now).ended;
  return {
    poll(nowMs, sockets) {
      if (now !== undefined && nowMs - now.atMs >= PACE_MS) earlier = now;
      const opened = openings.read() ?? { begun: 0, established: 0 };
      now = sockets === undefined ? undefined : { ...opened, sockets, atMs: nowMs };
    },
    counts: () => now,
    mark(counts) {
      marked = counts;
    },
    ended,
    closed: () => Math.max(ended(), since(marked, now).closed),
    hasMoved: () => hasMoved(marked, now),
    isStill: () => earlier !== undefined && !hasMoved(earlier, now),
    msUntil(goal) {
      const left = goal - ended();
      const { ended: recently, lastedMs } = since(earlier, now);
      return left > 0 && recently > 0 ? (left * lastedMs) / recently : Number.POSITIVE_INFINITY;
    },
  };
}

function hasMoved(from: SocketCounts | undefined, to: SocketCounts | undefined): boolean {
  const { ended, closed, begun } = since(from, to);
  return ended !== 0 || closed !== 0 || begun !== 0;
}

function since(from: SocketCounts | undefined, to: SocketCounts | undefined) {
  if (from === undefined || to === undefined) return { ended: 0, closed: 0, begun: 0, lastedMs: 0 };
  const begun = to.begun - from.begun;
  return {
    ended: from.sockets - to.sockets + begun,
    closed: from.established - to.established + begun,
    begun,
    lastedMs: to.atMs - from.atMs,
  };
}
