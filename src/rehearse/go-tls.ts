import { duplexPair } from 'node:stream';
import { connect } from 'node:tls';
import type { Connection } from './go-connection.ts';

/** What Go says when a TLS hello is answered in plain HTTP. The kubelet looks for this text and tries again without TLS. */
export const HTTP_ANSWER_TO_TLS = 'http: server gave HTTP response to HTTPS client';

const RECORD_HEADER_BYTES = 5;
const HANDSHAKE = 0x16;

/**
 * Says hello in TLS and tells how Go fails on the answer. Nothing that is called here speaks TLS, so a server that does
 * is a failure too, with words of our own.
 */
export async function tlsFailure(connection: Connection): Promise<string> {
  connection.write(await clientHello());
  let record = Buffer.alloc(0);
  while (record.length < RECORD_HEADER_BYTES) {
    const read = await connection.read(RECORD_HEADER_BYTES - record.length);
    if ('end' in read) return read.end;
    record = Buffer.concat([record, read.bytes]);
  }
  if (record.toString('latin1') === 'HTTP/') return HTTP_ANSWER_TO_TLS;
  if (record[0] === HANDSHAKE) return 'the server speaks TLS, which the simulated kubelet does not';
  return 'tls: first record does not look like a TLS handshake';
}

function clientHello(): Promise<Buffer> {
  const [near, far] = duplexPair();
  const client = connect({ socket: near });
  client.on('error', () => undefined);
  return new Promise((resolve) => {
    far.once('data', (hello: Buffer) => {
      client.destroy();
      resolve(hello);
    });
  });
}
