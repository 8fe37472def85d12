/** Stands where something was cut away. */
export const CUT_MARK = '…';

const MARK_BYTES = Buffer.byteLength(CUT_MARK);

/** The end of a text, with `…` in front where it was cut: at most `maxBytes` of UTF-8, no character torn. `maxBytes` ≥ 8. */
export function endOf(text: string, maxBytes: number): string {
  if (fits(text, maxBytes)) return text;
  // A UTF-16 unit is at least one byte, so this much holds the end, whatever the length of the whole.
  const bytes = Buffer.from(text.slice(-maxBytes));
  let start = bytes.length - (maxBytes - MARK_BYTES);
  while (isContinuation(bytes[start])) start += 1;
  return CUT_MARK + bytes.toString('utf8', start);
}

/** The beginning of a text, with `…` behind it where it was cut; bounds as in `endOf`. */
export function startOf(text: string, maxBytes: number): string {
  if (fits(text, maxBytes)) return text;
  const bytes = Buffer.from(text.slice(0, maxBytes));
  let end = maxBytes - MARK_BYTES;
  while (isContinuation(bytes[end])) end -= 1;
  return bytes.toString('utf8', 0, end) + CUT_MARK;
}

function fits(text: string, maxBytes: number): boolean {
  return text.length <= maxBytes && Buffer.byteLength(text) <= maxBytes;
}

/** Bytes of a UTF-8 character after its first are 10xxxxxx. */
function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0b1100_0000) === 0b1000_0000;
}
