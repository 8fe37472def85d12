/** The escapes that Go has a letter for. */
const LETTERS: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '"': '\\"',
  '\\': '\\\\',
};

/**
 * Quotes bytes as Go's `%q` does. It is how an answer that Go's HTTP client could not parse appears in the kubelet's
 * error, so it is what people read in `kubectl describe pod`. Bytes that are no UTF-8 become `\xff`.
 */
export function goQuote(bytes: Uint8Array | string): string {
  const buffer = Buffer.from(bytes);
  let quoted = '"';
  for (let at = 0; at < buffer.length; ) {
    const character = characterAt(buffer, at);
    quoted += character === undefined ? hex('x', buffer[at] ?? 0, 2) : escaped(character);
    at += character === undefined ? 1 : Buffer.byteLength(character);
  }
  return `${quoted}"`;
}

function characterAt(buffer: Buffer, at: number): string | undefined {
  const lead = buffer[at] ?? 0;
  const size = lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  const slice = buffer.subarray(at, at + size);
  const text = slice.toString('utf8');
  return Buffer.from(text).equals(slice) ? text : undefined;
}

function escaped(character: string): string {
  const letter = LETTERS[character];
  if (letter !== undefined) return letter;
  if (/^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(character)) return character;
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x80) return hex('x', code, 2);
  return code < 0x10000 ? hex('u', code, 4) : hex('U', code, 8);
}

function hex(letter: string, code: number, digits: number): string {
  return `\\${letter}${code.toString(16).padStart(digits, '0')}`;
}

/** Whether Go would see an ASCII control character in it. */
export function hasControlCharacter(text: string): boolean {
  return Buffer.from(text).some((byte) => byte < 0x20 || byte === 0x7f);
}

/** What Go says of the errors that a socket can have. */
const ERRNO: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset by peer',
  EPIPE: 'broken pipe',
  ETIMEDOUT: 'connection timed out',
  EHOSTUNREACH: 'no route to host',
  ENETUNREACH: 'network is unreachable',
  EADDRNOTAVAIL: 'cannot assign requested address',
};

/** The words of Go's net package for an error of `node:net`; the error's own words where there are none. */
export function goErrno(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return ERRNO[code] ?? error.message;
}
