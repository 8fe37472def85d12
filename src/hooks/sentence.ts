/** A time as it stands in a sentence: `250 ms`, `12.4 s`, `2 m 5 s`. */
export function seconds(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 120_000) return `${Math.round(ms / 100) / 10} s`;
  // Rounded before it is divided: 59.7 s are the next minute, and never `60 s` beside one.
  const whole = Math.round(ms / 1000);
  return `${Math.floor(whole / 60)} m ${whole % 60} s`;
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
