const LONGEST = 160;

/** Makes a summary fit for one line of a log: no control characters, at most 160 characters. */
export function summaryLine(text: string): string {
  const line = text.replace(/\p{Cc}+/gu, ' ');
  return line.length <= LONGEST ? line : `${line.slice(0, LONGEST - 1)}…`;
}
