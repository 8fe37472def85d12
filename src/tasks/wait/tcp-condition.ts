import type { Socket } from 'node:net';
import * as z from 'zod/mini';
import type { ReadContext, Reading } from '../../config/condition.ts';
import { onDemand } from '../../config/on-demand.ts';
import { REACH } from '../../proc/reach-host.ts';
import { httpFailure } from '../http/http-failure.ts';
import { summaryLine } from '../summary-line.ts';
import type { TaskCondition } from './condition-kind.ts';

/** A look is one connection, and the app has to take it. */
const EVERY_MS = 250;

const ADDRESS = /^(?:\[([0-9a-fA-F:.]+)\]|([^:\s/[\]]+)):([1-9][0-9]{0,4})$/;

const RULE = 'must be a host and a port such as 127.0.0.1:8080 or [::1]:8080';

const address = onDemand(() =>
  z.pipe(
    z.string(RULE),
    z.transform((text, context) => {
      const [, ipv6, name, port] = ADDRESS.exec(text) ?? [];
      const host = ipv6 ?? name;
      if (host !== undefined && Number(port) <= 65_535) return { text, host, port: Number(port) };
      context.issues.push({ code: 'custom', input: text, message: RULE, params: { remedy: 'write host:port' } });
      return z.NEVER;
    }),
  ),
);

const settings = onDemand(() =>
  z.union([
    z.strictObject({
      address: address().check(z.describe('The host and port to connect to, such as 127.0.0.1:8080.')),
      is: z
        .prefault(z.enum(['open', 'closed']), 'open')
        .check(z.describe('What has to be seen: that a connection is taken, or that it is refused.')),
    }),
    z.pipe(
      address(),
      z.transform((whole) => ({ address: whole, is: 'open' as const })),
    ),
  ]),
);

/** `tcp`: a port is open or closed. What is neither, such as a host that cannot be reached, is not known. */
export const tcpCondition = onDemand(() =>
  z.pipe(
    settings(),
    z.transform(({ address: { text, host, port }, is }): TaskCondition => {
      return {
        summary: summaryLine(`tcp ${text} is ${is}`),
        everyMs: EVERY_MS,
        check: () => [],
        async read({ signal }) {
          const seen = await connect(host, port, text, signal);
          if (typeof seen === 'object') return seen;
          return { kind: 'read', met: seen === is, saw: `tcp ${text} is ${seen}`, left: undefined };
        },
      };
    }),
  ),
);

type Seen = 'open' | 'closed' | (Reading & { readonly kind: 'unreadable' });

function connect(host: string, port: number, shown: string, signal: ReadContext['signal']): Promise<Seen> {
  const { promise, resolve } = Promise.withResolvers<Seen>();
  const socket = process.getBuiltinModule('node:net').connect({ host, port, signal, ...REACH });
  socket.once('connect', () => {
    resolve(isOwnEcho(socket) ? 'closed' : 'open');
    socket.destroy();
  });
  socket.once('error', (error) => {
    const { reason, refused } = httpFailure(error, shown);
    resolve(refused ? 'closed' : { kind: 'unreadable', reason, refused: false });
  });
  return promise;
}

/** A connection to a closed port of this machine can meet itself, where the kernel chose that very port for our end. */
function isOwnEcho({ localPort, remotePort, localAddress, remoteAddress }: Socket): boolean {
  return localPort === remotePort && localAddress === remoteAddress;
}
