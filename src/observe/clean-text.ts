import { withoutTerminalSequences } from '../hooks/terminal-sequences.ts';

/** Longest text in one log line, in UTF-16 units: what a task printed must not become a line that collectors refuse. */
const LONGEST_TEXT = 4096;

/** Each is found in one pass, whatever the text is: an app prints it, and no hook may wait for that. */
const SECRETS: readonly (readonly [pattern: RegExp, shown: string | ((url: string) => string)])[] = [
  // A URL's user info and query.
  [/(:\/\/)[^\s/?#"']*@/g, '$1[redacted]@'],
  [/:\/\/[^\s#"']*/g, withoutQuery],
  // Also where a path was encoded that has a query, and is a path no more.
  [
    /((?:[?&;]|%(?:3f|26|3b))(?:token|access_token|api_?key|secret|password|signature|sig)(?:=|%3d))[^\s&#"']+/gi,
    '$1[redacted]',
  ],
  [/\b((?:proxy-)?authorization|(?:set-)?cookie)(["']?\s?[:=])[^\r\n]*/gi, '$1$2 [redacted]'],
  [/\b(bearer) (?=[\w.~+/=-]*\d)[\w.~+/=-]{8,}/gi, '$1 [redacted]'],
];

/** The text without what must never be told: URLs' user info and query, tokens, authorization and cookie headers. */
export function redactSecrets(text: string): string {
  return SECRETS.reduce(
    (shown, [pattern, replacement]) =>
      typeof replacement === 'string' ? shown.replace(pattern, replacement) : shown.replace(pattern, replacement),
    text,
  );
}

function withoutQuery(url: string): string {
  const at = url.indexOf('?');
  return at === -1 ? url : `${url.slice(0, at)}?[redacted]`;
}

/** The text as one line for people: no escape sequences, no control characters, no secrets, at most 4096 characters. */
export function cleanText(text: string): string {
  const shown = redactSecrets(withoutTerminalSequences(text.slice(0, 2 * LONGEST_TEXT)))
    // Line and paragraph separators and the marks that turn the direction of text would let a task forge what people see.
    .replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu, ' ')
    .trimEnd();
  return shown.length > LONGEST_TEXT ? `${shown.slice(0, LONGEST_TEXT).toWellFormed()}…` : shown;
}
