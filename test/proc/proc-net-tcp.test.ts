import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressText, isIPv4, type SocketLine, scanSockets, TCP_STATES } from '../../src/proc/proc-net-tcp.ts';

const HEADING =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode                                                     \n';

/** Lines as a processor with little-endian words has them. */
const TCP = `${HEADING}   0: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 21001 1 0000000000000000 100 0 0 10 0                     
   1: 0100007F:1F90 0200007F:C350 01 00000000:00000000 00:00000000 00000000  1000        0 21002 1 0000000000000000 20 4 30 10 -1                    
  12: 0500000A:C351 08080808:1F90 08 00000000:00000000 00:00000000 00000000     0        0 21003 1 0000000000000000 20 4 30 10 -1                    
12345: 0500000A:1F90 0900000A:C352 06 00000000:00000000 03:00000D6C 00000000     0        0 0 3 0000000000000000
   3: 0500000A:0050 0900000A:C353 01 00000000:00000000 00:00000000 00000000     0        0 21004 1 0000000000000000 20 4 30 10 -1                    
`;
const TCP6 = `${HEADING}   0: 00000000000000000000000000000000:1F90 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 22001 1 0000000000000000 100 0 0 10 0
   1: 0000000000000000FFFF00000500000A:1F90 0000000000000000FFFF00000900000A:C350 01 00000000:00000000 00:00000000 00000000     0        0 22002 1 0000000000000000 20 4 30 10 -1
   2: 000000FD000000000000000001000000:1F90 B80D01200000000000000000AB890100:C351 04 00000000:00000000 00:00000000 00000000     0        0 0 1 0000000000000000 20 4 30 10 -1
`;

const PORTS = new Set([8080]);

/** What is visited, copied. */
function scan(text: string | Uint8Array, ports: ReadonlySet<number> = PORTS) {
  const lines: object[] = [];
  const bytes = typeof text === 'string' ? Buffer.from(text, 'latin1') : text;
  const rest = scanSockets(bytes, ports, (line) => void lines.push(shown(line)));
  return { lines, rest };
}

function shown({ local, localPort, peer, peerPort, state, inode }: SocketLine) {
  return { local: `${addressText(local)} ${localPort}`, peer: `${addressText(peer)} ${peerPort}`, state, inode };
}

describe('a line of /proc/net/tcp', () => {
  it('is read where its own or its peer’s port is wanted', () => {
    expect(scan(TCP)).toEqual({
      lines: [
        { local: '0.0.0.0 8080', peer: '0.0.0.0 0', state: TCP_STATES.LISTEN, inode: 21001 },
        { local: '127.0.0.1 8080', peer: '127.0.0.2 50000', state: TCP_STATES.ESTABLISHED, inode: 21002 },
        { local: '10.0.0.5 50001', peer: '8.8.8.8 8080', state: TCP_STATES.CLOSE_WAIT, inode: 21003 },
        { local: '10.0.0.5 8080', peer: '10.0.0.9 50002', state: TCP_STATES.TIME_WAIT, inode: 0 },
      ],
      rest: TCP.length,
    });
  });

  it('is passed over in a state that is left out', () => {
    const states: number[] = [];
    scanSockets(Buffer.from(TCP), PORTS, ({ state }) => void states.push(state), TCP_STATES.TIME_WAIT);
    expect(states).toEqual([TCP_STATES.LISTEN, TCP_STATES.ESTABLISHED, TCP_STATES.CLOSE_WAIT]);
  });

  it('is read from tcp6, too, where a mapped address is one of IPv4', () => {
    expect(scan(TCP6).lines).toEqual([
      { local: '0:0:0:0:0:0:0:0 8080', peer: '0:0:0:0:0:0:0:0 0', state: TCP_STATES.LISTEN, inode: 22001 },
      { local: '10.0.0.5 8080', peer: '10.0.0.9 50000', state: TCP_STATES.ESTABLISHED, inode: 22002 },
      {
        local: 'fd00:0:0:0:0:0:0:1 8080',
        peer: '2001:db8:0:0:0:0:1:89ab 50001',
        state: TCP_STATES.FIN_WAIT1,
        inode: 0,
      },
    ]);
  });

  it('is left for the next time where its end is missing', () => {
    expect(scan(TCP.slice(0, -1)).rest).toBe(TCP.lastIndexOf('\n', TCP.length - 2) + 1);
    expect(scan('')).toEqual({ lines: [], rest: 0 });
  });

  it.each([
    ['an address of odd length', '   0: 000007F:1F90 0200007F:C350 01 0:0 00:0 0 0 0 1 1\n'],
    ['a digit that is none', '   0: 0100007G:1F90 0200007F:C350 01 0:0 00:0 0 0 0 1 1\n'],
    ['no state', '   0: 0100007F:1F90 0200007F:C350\n'],
    [
      'two addresses of two lengths',
      '   0: 0100007F:1F90 0000000000000000FFFF00000900000A:C350 01 0:0 00:0 0 0 0 1 1\n',
    ],
    ['nothing', '\n\n\n'],
  ])('is passed over where it has %s', (_what, text) => {
    expect(scan(text)).toEqual({ lines: [], rest: text.length });
  });

  const word = fc.nat({ max: 0xffffffff });
  const port = fc.nat({ max: 0xffff });
  const address = fc.oneof(fc.tuple(word), fc.tuple(word, word, word, word));
  const socket = address.chain((local) =>
    fc.record({
      number: fc.nat({ max: 200_000 }),
      local: fc.constant(local),
      peer: fc.tuple(word, word, word, word).map((words) => words.slice(0, local.length)),
      localPort: fc.oneof(port, fc.constant(8080)),
      peerPort: fc.oneof(port, fc.constant(8080)),
      state: fc.integer({ min: 1, max: 12 }),
      inode: fc.nat({ max: 2 ** 31 - 1 }),
    }),
  );
  const hex = (value: number, digits: number) => value.toString(16).toUpperCase().padStart(digits, '0');
  const end = (words: readonly number[], number: number) =>
    `${words.map((each) => hex(each, 8)).join('')}:${hex(number, 4)}`;

  it('is read as it was written, in whatever pieces it comes', () => {
    fc.assert(
      fc.property(fc.array(socket, { maxLength: 20 }), fc.nat({ max: 3000 }), (sockets, cut) => {
        const text = sockets
          .map(
            (each) =>
              `${String(each.number).padStart(4)}: ${end(each.local, each.localPort)} ${end(each.peer, each.peerPort)} ` +
              `${hex(each.state, 2)} 00000000:00000000 00:00000000 00000000  1000        0 ${each.inode} 1 0000\n`,
          )
          .join('');
        const wanted = sockets.filter(({ localPort, peerPort }) => PORTS.has(localPort) || PORTS.has(peerPort));
        const first = scan(text.slice(0, cut));
        const second = scan(text.slice(first.rest));
        expect([...first.lines, ...second.lines]).toMatchObject(
          wanted.map(({ state, inode, localPort, peerPort, local }) => ({
            state,
            inode,
            local: expect.stringMatching(new RegExp(` ${localPort}$`)),
            peer: expect.stringMatching(new RegExp(`${local.length === 1 ? '\\.' : ':'}.* ${peerPort}$`)),
          })),
        );
      }),
    );
  });

  it('is never trusted: no bytes make the reader throw, or visit what is not wanted', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 2000 }),
      fc
        .string({ unit: fc.constantFrom(...'0123456789ABCDEFa: \n'.split('')), maxLength: 2000 })
        .map((text) => Buffer.from(text)),
      fc
        .tuple(fc.nat({ max: TCP.length }), fc.uint8Array({ maxLength: 20 }), fc.nat({ max: TCP.length }))
        .map(([from, noise, to]) =>
          Buffer.concat([Buffer.from(TCP.slice(0, from)), noise, Buffer.from(TCP.slice(to))]),
        ),
    );
    fc.assert(
      fc.property(bytes, (input) => {
        const rest = scanSockets(input, PORTS, ({ local, localPort, peer, peerPort, inode }) => {
          expect(PORTS.has(localPort) || PORTS.has(peerPort)).toBe(true);
          expect(inode).toBeGreaterThanOrEqual(0);
          expect([isIPv4(local), isIPv4(peer)]).toEqual([
            addressText(local).includes('.'),
            addressText(peer).includes('.'),
          ]);
        });
        expect(rest).toBe(input.lastIndexOf(0x0a) + 1);
      }),
    );
  });
});
