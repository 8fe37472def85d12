import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { within } from '../helpers/within.ts';
import { hooks, postStart, stage } from './stage.ts';

/** What a kubelet sends; nothing is read in between, as in the race nobody waits for anybody. */
const PRESTOP =
  'GET /prestop/app HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: kube-lifecycle/1.36\r\nAccept: */*\r\nAccept-Encoding: gzip\r\n\r\n';

const LIVES = 100;
/** So many programs at a time. */
const LANES = 16;

interface Life {
  readonly sidecar: 'native' | 'regular' | 'auto';
  /** By how much the SIGTERM comes before the preStop, in ms; negative: after it. */
  readonly aheadMs: number;
  /** The connection is there before the SIGTERM, and the request comes on it after. */
  readonly connected: boolean;
}

interface Seen {
  readonly answer: string;
  readonly code: number | null;
  /** Whether the SIGTERM was heard before the preStop. */
  readonly before: boolean;
}

async function live({ sidecar, aheadMs, connected }: Life): Promise<Seen> {
  const { configure, start } = await stage();
  await configure(hooks({ preStop: [{ name: 'work', sleep: '2s' }] }, { lifecycle: { sidecar } }));
  const service = await start();
  await postStart(service);
  const early = connected ? connect(service.port, '127.0.0.1') : undefined;
  if (early !== undefined) await once(early, 'connect');
  const sigterm = async () => {
    await pause(Math.max(0, -aheadMs));
    service.kill('SIGTERM');
  };
  const preStop = async () => {
    await pause(Math.max(0, aheadMs));
    const socket = early ?? connect(service.port, '127.0.0.1');
    let answer = '';
    socket.setEncoding('latin1').on('data', (text: string) => {
      answer += text;
    });
    socket.on('error', (error) => {
      answer += error.message;
    });
    socket.write(PRESTOP);
    await once(socket, 'close');
    return answer;
  };
  const [, answer] = await within('the answer', Promise.all([sigterm(), preStop()]), 30_000);
  const { code } = await within('the end', service.exited, 30_000);
  return { answer, code, before: service.log().some(({ msg }) => String(msg).includes('a preStop can still come')) };
}

/** All lives, so many at a time. */
async function lives(all: readonly Life[]): Promise<Seen[]> {
  const left = [...all];
  const seen: Seen[] = [];
  const lane = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) seen.push(await live(next));
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return seen;
}

describe(`the race of the preStop with the own SIGTERM, ${LIVES} times with 2 s of work`, () => {
  it('a regular sidecar answers every preStop, and ends with 0', async () => {
    // The kubelet sends it from 4.8 ms before to 20.6 ms after (kubelet contract, section 5).
    const all = Array.from({ length: LIVES }, (_, index): Life => {
      const connected = index % 4 === 0;
      const sidecar = index % 2 === 0 ? 'regular' : 'auto';
      return { sidecar, aheadMs: connected ? 5 : 4.8 - (25.4 * index) / LIVES, connected };
    });
    const seen = await lives(all);
    expect(seen.filter(({ answer }) => answer.startsWith('HTTP/1.1 200 OK'))).toHaveLength(LIVES);
    expect(seen.filter(({ code }) => code === 0)).toHaveLength(LIVES);
    // Both sides won: else it was no race.
    const before = seen.filter((one) => one.before).length;
    expect(before).toBeGreaterThan(0);
    expect(before).toBeLessThan(LIVES);
  }, 120_000);

  it('a native sidecar, which is told to end after the app, or within the last 2 s, answers every preStop, too', async () => {
    const all = Array.from(
      { length: LIVES },
      (_, index): Life => ({
        sidecar: index % 2 === 0 ? 'native' : 'auto',
        // In every third the grace runs out just before the work is done.
        aheadMs: index % 3 === 0 ? -1000 - 5 * index : -2056,
        connected: false,
      }),
    );
    const seen = await lives(all);
    expect(seen.filter(({ answer }) => answer.startsWith('HTTP/1.1 200 OK'))).toHaveLength(LIVES);
    expect(seen.filter(({ code }) => code === 0)).toHaveLength(LIVES);
  }, 120_000);
});
