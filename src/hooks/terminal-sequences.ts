/**
 * Control sequences with their parameters, strings such as a window's title with their ends, and other escape sequences
 * (ECMA-48, sections 5.4, 5.6 and 5.3), each looked at once: Node's own `stripVTControlCharacters` looks for the end of each string
 * in all that follows, and took seconds for a few lines of strings without one.
 */
const [ESCAPE, BELL, STRING_END] = ['\u001b', '\u0007', '\u009c'];
const CONTROL = String.raw`\[[0-?]*[ -/]*[@-~]`;
const STRING = String.raw`[\]PX^_][^${BELL}${ESCAPE}${STRING_END}]*(?:${BELL}|${ESCAPE}\\|${STRING_END})`;
const SEQUENCE = new RegExp(`${ESCAPE}(?:${CONTROL}|${STRING}|[ -/]*[0-~])`, 'g');

/** The text without what a terminal would obey instead of showing it. Single control characters stay. */
export function withoutTerminalSequences(text: string): string {
  return text.includes('\u001b') ? text.replace(SEQUENCE, '') : text;
}
