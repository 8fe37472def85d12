/**
 * Control characters, the marks that turn the direction of text, and other separators: what a terminal would obey, or
 * what would let one line pass for two.
 */
const UNSAFE = /[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]|\p{Cs}/gu;

/** The text with such characters written out: `\x1b`, `\t`, `\u202e`. Never longer than one line. */
export function visible(text: string): string {
  return text.replaceAll(UNSAFE, (character) => {
    const code = character.charCodeAt(0);
    if (character === '\t') return '\\t';
    if (character === '\n') return '\\n';
    if (character === '\r') return '\\r';
    return code < 0x100 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`;
  });
}

/** JSON with the same characters escaped where JSON itself lets them stand; it still means the same. */
export function visibleJson(value: unknown, indent = 2): string {
  const json = JSON.stringify(value, undefined, indent);
  return json.replaceAll(UNSAFE, (character) => {
    return character === '\n' ? '\n' : `\\u${hex(character.charCodeAt(0), 4)}`;
  });
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}
