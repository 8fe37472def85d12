/** How much of a task's output is kept for the journal, in bytes: what `kubectl describe` can show, and no more (P9). */
const TAIL_BYTES = 4096;

/** How many lines of one task go to the log; a script that floods is not worth the disk of the node. */
const LOGGED_LINES = 1000;

/** Keeps the end of what a task printed, and says which lines may be logged. */
export interface OutputTail {
  /** Takes a line; true when it may be logged. */
  add(line: string): boolean;
  /** The last lines, at most 4 KiB. */
  text(): string;
  /** How many lines were not logged. */
  unloggedLines(): number;
}

/** An empty tail. */
export function createOutputTail(): OutputTail {
  const lines: string[] = [];
  let bytes = 0;
  let count = 0;
  let dropped = false;
  return {
    add(line) {
      count += 1;
      lines.push(line);
      bytes += Buffer.byteLength(line) + 1;
      while (bytes > TAIL_BYTES && lines.length > 1) {
        bytes -= Buffer.byteLength(lines.shift() ?? '') + 1;
        dropped = true;
      }
      return count <= LOGGED_LINES;
    },
    text: () => (dropped ? ['…', ...lines] : lines).join('\n'),
    unloggedLines: () => Math.max(0, count - LOGGED_LINES),
  };
}
