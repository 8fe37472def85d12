import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** What is answered to whoever asks for the IPv4 address of a name, by how often that name was asked for before. */
export type NameAnswer = (
  asked: number,
) => { readonly address: string; readonly afterMs?: number } | 'no such name' | 'server failure' | 'silence';

export interface FakeResolver {
  /** A command that becomes another one, for which this is the name server: it needs root, for a mount of its own. */
  readonly wrapper: readonly string[];
  readonly asked: () => number;
}

const HEADER_BYTES = 12;
const A = 1;
const CODES = { 'no such name': 3, 'server failure': 2 } as const;

let servers = 0;

/** A name server on the port that C's resolver asks, each on an address of its own. It goes with the test. */
export async function fakeResolver(answer: NameAnswer, dir: string): Promise<FakeResolver> {
  servers += 1;
  const address = `127.53.${process.pid % 200}.${(servers % 250) + 1}`;
  const times = new Map<string, number>();
  let asked = 0;
  const server = createSocket('udp4');
  server.on('message', (query, { port, address: from }) => {
    asked += 1;
    const { name, type, end } = questionOf(query);
    const before = times.get(name) ?? 0;
    // Each look asks for both kinds of address.
    if (type === A) times.set(name, before + 1);
    const given = type === A ? answer(before) : { address: undefined };
    if (given === 'silence') return;
    const reply = typeof given === 'string' ? replyOf(query, end, CODES[given]) : replyOf(query, end, 0, given.address);
    const afterMs = typeof given === 'object' && 'afterMs' in given ? (given.afterMs ?? 0) : 0;
    setTimeout(() => server.send(reply, port, from, () => {}), afterMs).unref();
  });
  server.bind(53, address);
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  // Nothing can stop a look of C's resolver: it is given little time, so that what it holds is soon gone.
  const file = join(dir, `resolv-${servers}.conf`);
  writeFileSync(file, `nameserver ${address}\noptions timeout:1 attempts:1\n`);
  const mount = 'mount --bind "$0" "$(readlink -f /etc/resolv.conf)" && exec "$@"';
  return { wrapper: ['unshare', '--mount', 'sh', '-c', mount, file], asked: () => asked };
}

/** The one question of a query: its name as it came, and where it ends. */
function questionOf(query: Buffer): { readonly name: string; readonly type: number; readonly end: number } {
  let at = HEADER_BYTES;
  while (query.readUInt8(at) !== 0) at += query.readUInt8(at) + 1;
  return { name: query.toString('latin1', HEADER_BYTES, at), type: query.readUInt16BE(at + 1), end: at + 5 };
}

function replyOf(query: Buffer, end: number, code: number, address?: string): Buffer {
  const head = Buffer.from(query.subarray(0, end));
  // A response to a recursive query, with one answer or none.
  head.writeUInt16BE(0x8180 | code, 2);
  head.writeUInt16BE(address === undefined ? 0 : 1, 6);
  head.writeUInt32BE(0, 8);
  if (address === undefined) return head;
  const record = Buffer.from('c00c00010001000000000004', 'hex');
  return Buffer.concat([head, record, Buffer.from(address.split('.').map(Number))]);
}
