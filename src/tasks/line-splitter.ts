import { withoutTerminalSequences } from '../hooks/terminal-sequences.ts';

/**
 * The longest line that is passed on, in bytes; the rest of a longer one is dropped and marked (P9). With the mark and the
 * words around it, it fits into a line of the log, and into what the journal keeps of an output: 4 KiB each.
 */
export const MAX_LINE_BYTES = 3840;

/** Stands at the end of a line that was cut. */
export const CUT_MARK = ' … (line cut)';

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const EMPTY = Buffer.alloc(0);

/**
 * Turns the bytes of a stream into printable lines, in memory that does not grow with the stream. Bytes that are not UTF-8
 * become U+FFFD.
 */
export class LineSplitter {
  readonly #take: (line: string) => void;
  #pending = EMPTY;
  #cut = false;

  constructor(take: (line: string) => void) {
    this.#take = take;
  }

  /** Returns how many lines it passed on. */
  push(chunk: Buffer): number {
    let start = 0;
    let count = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      this.#emit(chunk.subarray(start, end));
      start = end + 1;
      count += 1;
    }
    // A copy, so that a short rest does not keep its whole chunk in memory.
    if (start < chunk.length) this.#pending = Buffer.from(this.#bounded(chunk.subarray(start)));
    return count;
  }

  /** The stream is over: passes on a last line that has no line end. */
  end(): void {
    if (this.#pending.length > 0) this.#emit(EMPTY);
  }

  #emit(bytes: Buffer): void {
    const line = this.#bounded(bytes);
    const text = printable(this.#cut ? beginningOf(line) : withoutCarriageReturn(line).toString('utf8'));
    // What is made printable may take more bytes than before.
    const fits = !this.#cut && Buffer.byteLength(text) <= MAX_LINE_BYTES;
    this.#pending = EMPTY;
    this.#cut = false;
    this.#take(fits ? text : beginningOf(Buffer.from(text).subarray(0, MAX_LINE_BYTES)) + CUT_MARK);
  }

  #bounded(bytes: Buffer): Buffer {
    const room = MAX_LINE_BYTES - this.#pending.length;
    if (bytes.length > room) this.#cut = true;
    const taken = bytes.subarray(0, room);
    return this.#pending.length === 0 ? taken : Buffer.concat([this.#pending, taken]);
  }
}

function withoutCarriageReturn(line: Buffer): Buffer {
  return line.at(-1) === CARRIAGE_RETURN ? line.subarray(0, -1) : line;
}

/** Decodes bytes that were cut off somewhere, without the part of a character that may stand at their end. */
function beginningOf(bytes: Buffer): string {
  return new TextDecoder().decode(bytes, { stream: true });
}

/**
 * Terminal sequences (colours) are dropped, other control characters but the tab become their pictures of U+2400: what a
 * script prints must not move the reader's cursor.
 */
function printable(text: string): string {
  if (!CONTROL.test(text)) return text;
  return withoutTerminalSequences(text).replace(CONTROLS, pictureOf);
}

const CONTROL = /[^\P{Cc}\t]/u;
const CONTROLS = /[^\P{Cc}\t]/gu;

function pictureOf(control: string): string {
  const code = control.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? '\u2421' : '\ufffd';
}
