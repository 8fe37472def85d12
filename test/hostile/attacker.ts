/**
 * One hostile process: `node attacker.ts JSON`, with an `Order`. It sends what it is told to, bounded in all ways, and prints one
 * line of JSON, a `Spoils`, at its end. A process of its own, so that the honest caller beside it does not wait for its work.
 */
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { randomFrom } from '../helpers/random.ts';
import { LEFT } from './left.ts';
import type { Order, Spoils } from './order.ts';
import { MALFORMED } from './shapes.ts';

const order: Order = JSON.parse(process.argv[2] ?? '{}');
const random = randomFrom(order.seed);
const spoils: Spoils = { requests: 0, connections: 0, answered: 0, silent: 0, failed: 0, shown: 0 };

/** Between the first connections, in ms: thousands in one moment are lost in the kernel's queue, before the program sees them. */
const RAMP_MS = 2;

/** From many addresses: a loopback network has 16 million, and each has ports of its own. */
const address = () => `127.0.0.${order.firstAddress + Math.floor(random() * order.addresses)}`;
const port = () => (random() < order.opsShare ? order.opsPort : order.port);

interface Manner {
  /** It is closed here by then, in ms: by half of it at the earliest, and by one and a half of it. */
  readonly heldMs: number;
  /** Sent each second. */
  readonly drip?: Buffer | undefined;
  /** What is done with an answer: `take` closes when its head is there, `keep` waits for the end, `ignore` reads nothing. */
  readonly answer: 'take' | 'keep' | 'ignore';
}

/** Dials, sends, and resolves when the connection is over. */
function dial(bytes: Buffer, { heldMs, drip, answer }: Manner): Promise<void> {
  return new Promise((resolve) => {
    let got = '';
    const socket: Socket = connect({ host: '127.0.0.1', port: port(), localAddress: address() });
    // A reset leaves no port waiting.
    const timer = setTimeout(() => socket.resetAndDestroy(), heldMs * (0.5 + random()));
    const dripping = drip === undefined ? undefined : setInterval(() => socket.write(drip), 1000);
    socket.once('connect', () => {
      spoils.connections += 1;
      if (bytes.length > 0) socket.write(bytes);
    });
    if (answer === 'ignore') socket.pause();
    else
      socket.on('data', (data) => {
        if (got.length < 1000) got += data.toString('latin1');
        if (answer === 'take' && got.includes('\r\n\r\n')) socket.resetAndDestroy();
      });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') spoils.failed += 1;
    });
    socket.once('close', () => {
      clearTimeout(timer);
      clearInterval(dripping);
      if (got === '') spoils.silent += 1;
      else spoils.answered += 1;
      if (isShown(got)) spoils.shown += 1;
      resolve();
    });
  });
}

/** What tasks printed, the page, or a stream of events: for callers on loopback alone, who name it so. */
function isShown(answer: string): boolean {
  return (
    /"output":|^event: change/m.test(answer) ||
    /^HTTP\/1\.1 200 .*\r\nContent-Type: text\/(?:html|event-stream)/s.test(answer)
  );
}

const one = <T>(values: readonly T[]): T | undefined => values[Math.floor(random() * values.length)];

async function malformed(): Promise<void> {
  const shape = one(MALFORMED);
  if (shape === undefined) return;
  spoils.requests += 1;
  await dial(shape.bytes(random), { heldMs: order.heldMs, answer: 'take' });
}

async function left(): Promise<void> {
  const { bytes, drip } = one(LEFT) ?? { bytes: Buffer.alloc(0) };
  spoils.requests += 1;
  await dial(bytes, { heldMs: order.heldMs, drip, answer: 'keep' });
}

const text = (answer: Manner['answer']) => async () => {
  spoils.requests += 1;
  await dial(Buffer.from(one(order.texts) ?? '', 'latin1'), { heldMs: order.heldMs, answer });
};

const acts = { malformed, left, ask: text('take'), hold: text('ignore') };
const act = acts[order.attack];
const lateMs = performance.now() + order.boundMs;
let begun = 0;
await Promise.all(
  Array.from({ length: order.parallel }, async (_, index) => {
    await pause(index * RAMP_MS);
    while (begun < order.count && performance.now() < lateMs) {
      begun += 1;
      await act();
    }
  }),
);
process.stdout.write(`${JSON.stringify(spoils)}\n`);
