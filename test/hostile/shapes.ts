/** What no honest caller sends. Each shape has a hook's path in it where it can, so that one that is taken for a request shows. */
import type { Random } from '../helpers/random.ts';

/** The bytes of one connection. They count as one request, whatever is in them: nothing is served after the first. */
export interface Shape {
  readonly name: string;
  readonly bytes: (random: Random) => Buffer;
}

const text = (value: string) => Buffer.from(value, 'latin1');
const whole = (random: Random, most: number) => Math.floor(random() * most);
const pick = <T>(random: Random, values: readonly [T, ...T[]]): T => values[whole(random, values.length)] ?? values[0];
const noise = (random: Random, length: number) => Buffer.from(Uint8Array.from({ length }, () => whole(random, 256)));
const TARGETS = ['/prestop/app', '/poststart/app', '/prestop', '//prestop/app', '/', '/events', '/status'] as const;
const AGENTS = ['kube-lifecycle/1.36', 'Go-http-client/1.1', 'curl/8'] as const;

const line = (random: Random, version = 'HTTP/1.1') => `GET ${pick(random, TARGETS)} ${version}\r\n`;
const head = (random: Random) => `${line(random)}Host: pod\r\nUser-Agent: ${pick(random, AGENTS)}\r\n`;
const withHeaders = (name: string, headers: string, body = ''): Shape => ({
  name,
  bytes: (random) => text(`${head(random).replace('GET', 'POST')}${headers}\r\n${body}`),
});
const inner = 'GET /prestop/app HTTP/1.1\r\nHost: pod\r\n\r\n';

/** Two lengths for one body: what a proxy and a server could read differently. */
export const SMUGGLING: readonly Shape[] = [
  withHeaders(
    'both lengths',
    `Content-Length: ${inner.length + 5}\r\nTransfer-Encoding: chunked\r\n`,
    `0\r\n\r\n${inner}`,
  ),
  withHeaders('two content lengths', 'Content-Length: 0\r\nContent-Length: 44\r\n', inner),
  withHeaders('two content lengths in one line', 'Content-Length: 0, 44\r\n', inner),
  withHeaders('a length with a sign', 'Content-Length: +0\r\n', inner),
  withHeaders('a length that is negative', 'Content-Length: -1\r\n', inner),
  withHeaders('a length beyond 64 bits', `Content-Length: ${'9'.repeat(40)}\r\n`, inner),
  withHeaders('an unknown encoding', 'Transfer-Encoding: xchunked\r\n', `0\r\n\r\n${inner}`),
  withHeaders('chunked before another', 'Transfer-Encoding: chunked, identity\r\n', `0\r\n\r\n${inner}`),
  withHeaders('chunked twice', 'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n', `0\r\n\r\n${inner}`),
  withHeaders('a folded encoding', 'Transfer-Encoding:\r\n chunked\r\nContent-Length: 44\r\n', `0\r\n\r\n${inner}`),
  withHeaders('a space before the colon', 'Transfer-Encoding : chunked\r\nContent-Length: 44\r\n', `0\r\n\r\n${inner}`),
  withHeaders('a tab before chunked', 'Transfer-Encoding:\tchunked\r\nContent-Length: 4\r\n', `0\r\n\r\n${inner}`),
  withHeaders('a NUL in the encoding', 'Transfer-Encoding: chun\0ked\r\nContent-Length: 44\r\n', inner),
  withHeaders('a chunk of no size', 'Transfer-Encoding: chunked\r\n', `\r\n\r\n${inner}`),
  withHeaders('a chunk of a huge size', 'Transfer-Encoding: chunked\r\n', `fffffffffffffffff\r\n${inner}`),
  withHeaders('a chunk that ends in a bare LF', 'Transfer-Encoding: chunked\r\n', `1\nx\n0\n\n${inner}`),
  withHeaders(
    'an endless chunk extension',
    'Transfer-Encoding: chunked\r\n',
    `0;${'x'.repeat(20_000)}\r\n\r\n${inner}`,
  ),
];

/** What is no request at all, or a bad one. */
export const MALFORMED: readonly Shape[] = [
  ...SMUGGLING,
  { name: 'bare LF', bytes: (random) => text(`${head(random)}\r\n`.replaceAll('\r', '')) },
  { name: 'bare CR', bytes: (random) => text(`${head(random)}\r\n`.replaceAll('\n', '')) },
  { name: 'a folded header', bytes: (random) => text(`${head(random)}X-Folded: one\r\n two\r\n\r\n`) },
  { name: 'a NUL in a header', bytes: (random) => text(`${head(random)}X-Nul: a\0b\r\n\r\n`) },
  { name: 'a header without a name', bytes: (random) => text(`${head(random)}: x\r\n\r\n`) },
  { name: 'a header without a colon', bytes: (random) => text(`${head(random)}nothing\r\n\r\n`) },
  { name: 'no host', bytes: (random) => text(`${line(random)}\r\n`) },
  { name: 'a huge path', bytes: (random) => text(`GET /${'a'.repeat(2000 + whole(random, 30_000))} HTTP/1.1\r\n\r\n`) },
  {
    name: 'many slashes',
    bytes: (random) => text(`GET ${'/'.repeat(1 + whole(random, 9000))} HTTP/1.1\r\nHost: x\r\n\r\n`),
  },
  { name: 'a path that goes up', bytes: () => text('GET /x/../../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n') },
  { name: 'a bad escape', bytes: (random) => text(`GET ${pick(random, TARGETS)}%zz%0 HTTP/1.1\r\nHost: x\r\n\r\n`) },
  { name: 'an escaped NUL', bytes: () => text('GET /prestop/app%00 HTTP/1.1\r\nHost: x\r\n\r\n') },
  { name: 'bytes beyond ASCII', bytes: (random) => text(`GET /prestop/\xff\xfe${whole(random, 99)} HTTP/1.1\r\n\r\n`) },
  { name: 'an absolute target', bytes: () => text('GET http://[::1/prestop/app HTTP/1.1\r\nHost: x\r\n\r\n') },
  { name: 'the target *', bytes: () => text('OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n') },
  { name: 'no target', bytes: () => text('GET HTTP/1.1\r\n\r\n') },
  { name: 'CONNECT', bytes: () => text('CONNECT 127.0.0.1:1 HTTP/1.1\r\nHost: x\r\n\r\nmore') },
  { name: 'an upgrade', bytes: (random) => text(`${head(random)}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`) },
  {
    name: 'an upgrade to HTTP/2',
    bytes: (random) => text(`${head(random)}Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n`),
  },
  { name: 'HTTP/2', bytes: () => text('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0') },
  { name: 'HTTP/0.9', bytes: (random) => text(`GET ${pick(random, TARGETS)}\r\n`) },
  {
    name: 'a version that does not exist',
    bytes: (random) => text(`${line(random, `HTTP/${pick(random, ['9.9', '1.2', '11', '1.1.1', '-1'])}`)}\r\n`),
  },
  { name: 'a method that does not exist', bytes: (random) => text(`${head(random).replace('GET', 'G\x80T')}\r\n`) },
  {
    name: 'a TLS hello',
    bytes: (random) => Buffer.concat([Buffer.from('16030100c8010000c40303', 'hex'), noise(random, 196)]),
  },
  { name: 'random bytes', bytes: (random) => noise(random, 1 + whole(random, 400)) },
  {
    name: 'a request with bytes changed',
    bytes: (random) => {
      const bytes = text(`${head(random)}Accept: */*\r\n\r\n`);
      for (let change = 0; change < 3; change += 1) bytes.writeUInt8(whole(random, 256), whole(random, bytes.length));
      return bytes;
    },
  },
  { name: 'too many headers', bytes: (random) => text(`${head(random)}${'a:b\r\n'.repeat(3000)}\r\n`) },
  { name: 'headers without end', bytes: (random) => text(`${head(random)}X: ${'y'.repeat(40_000)}`) },
  { name: 'an expectation', bytes: (random) => text(`${head(random)}Expect: wonders\r\n\r\n`) },
  { name: 'no token', bytes: (random) => text(`${head(random)}\r\n`) },
  {
    name: 'a wrong token',
    bytes: (random) => text(`${head(random)}Authorization: Bearer ${whole(random, 1e9)}\r\n\r\n`),
  },
  {
    name: 'a token of odd bytes',
    bytes: (random) => text(`GET /prestop/app?token=%E0%A4%A&token=${'%'.repeat(whole(random, 99))} HTTP/1.1\r\n\r\n`),
  },
  {
    name: 'a hostile host',
    bytes: (random) =>
      text(`GET ${pick(random, ['/', '/events', '/timeline'])} HTTP/1.1\r\nHost: evil.example\r\n\r\n`),
  },
  { name: 'many at once', bytes: (random) => text(`${head(random)}\r\n`.repeat(20)) },
];
