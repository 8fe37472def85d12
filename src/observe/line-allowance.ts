/** How many lines there may be at once, and how many a second after that. */
const BURST = 100;
const PER_SECOND = 10;

export interface LineAllowance {
  /** Takes one: undefined when there is none left, else how many were asked for in vain since the last. */
  take(): number | undefined;
}

/** An allowance of lines for what a stranger can cause as often as it likes: a hundred at once, then ten a second. */
export function createLineAllowance(monotonicMs: () => number): LineAllowance {
  let left = BURST;
  let filledMs = monotonicMs();
  let inVain = 0;
  return {
    take() {
      const now = monotonicMs();
      left = Math.min(BURST, left + ((now - filledMs) / 1000) * PER_SECOND);
      filledMs = now;
      if (left < 1) {
        inVain += 1;
        return undefined;
      }
      left -= 1;
      const untold = inVain;
      inVain = 0;
      return untold;
    },
  };
}
