/**
 * What looks at the whole connection table may cost. One takes from 1 to 100 ms, as the kernel walks all of its table, and what it
 * is needed for must not wait; so there are two accounts, which together stay below 1 % of a core.
 */

/** Of all time, for looks that nothing asks for: they find what no counter tells, which is little; or, without counters, everything. */
const IDLE_SHARE = 0.001;
const UNCOUNTED_SHARE = 0.0025;

/** Between two looks that nothing asks for, in ms, where they cost next to nothing. */
const IDLE_LEAST_MS = 200;

/** Of all time, for looks at a change. */
const CHANGE_SHARE = 0.0025;

/** What may be spent on changes at once, in ms: a drain often ends in its first seconds. */
const START_MS = 50;

/** How many looks may be owed when a change looks like the end, and when it only may be: others may have ended. */
const OWED_LOOKS = 5;
const OWED_GUESSES = 2;

export interface LookBudget {
  /** When a look is due even if nothing has changed, in ms. */
  idleLookMs(): number;
  /** Whether a change may be looked at. */
  allowsChange(nowMs: number): boolean;
  /** Whether a change may be looked at that can be the end. */
  allowsGuess(nowMs: number): boolean;
  /** Whether a change may be looked at that is probably the end. */
  allowsEnd(nowMs: number): boolean;
  /** Notes a look: when it ended, and what it cost, in ms. */
  spend(nowMs: number, costMs: number, why: 'idle' | 'change'): void;
}

/** `isCounted`: whether the kernel's counters of sockets can be read. */
export function createLookBudget(startMs: number, isCounted: () => boolean): LookBudget {
  let spentMs = 0;
  let lastEndMs = Number.NEGATIVE_INFINITY;
  let lastCostMs = 0;
  const leftMs = (nowMs: number) => START_MS + (nowMs - startMs) * CHANGE_SHARE - spentMs;
  return {
    idleLookMs() {
      const share = isCounted() ? IDLE_SHARE : UNCOUNTED_SHARE;
      return lastEndMs + Math.max(IDLE_LEAST_MS, lastCostMs / share);
    },
    allowsChange: (nowMs) => leftMs(nowMs) >= lastCostMs,
    allowsGuess: (nowMs) => leftMs(nowMs) >= -lastCostMs * OWED_GUESSES,
    allowsEnd: (nowMs) => leftMs(nowMs) >= -lastCostMs * OWED_LOOKS,
    spend(nowMs, costMs, why) {
      lastEndMs = nowMs;
      lastCostMs = costMs;
      if (why === 'change') spentMs += costMs;
    },
  };
}
