/** What is sent on a connection that is then left open; `drip` follows each second, and never ends a request. */
export interface Left {
  readonly name: string;
  readonly bytes: Buffer;
  readonly drip?: Buffer;
}

const LINE = 'GET /prestop/app HTTP/1.1\r\n';

export const LEFT: readonly Left[] = [
  { name: 'silence', bytes: Buffer.alloc(0) },
  { name: 'a byte', bytes: Buffer.from('G') },
  { name: 'a byte a second', bytes: Buffer.from('GET /'), drip: Buffer.from('a') },
  { name: 'half a request line', bytes: Buffer.from(LINE.slice(0, 12)) },
  { name: 'slow headers', bytes: Buffer.from(LINE), drip: Buffer.from('X-Slow: header\r\n') },
  { name: 'as many headers as there may be', bytes: Buffer.from(`${LINE}X-Long: ${'x'.repeat(15_000)}`) },
  { name: 'empty lines', bytes: Buffer.from('\r\n'), drip: Buffer.from('\r\n') },
  { name: 'half a TLS hello', bytes: Buffer.from('1603', 'hex') },
  { name: 'a body that never comes', bytes: Buffer.from(`POST /prestop/app HTTP/1.1\r\nContent-Length: 9\r\n\r\n`) },
];
