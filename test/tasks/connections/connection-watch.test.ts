import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { TCP_STATES } from '../../../src/proc/proc-net-tcp.ts';
import { type WatchSettings, watchConnections } from '../../../src/tasks/connections/connection-watch.ts';
import { manualClock } from '../../helpers/manual-clock.ts';

const { ESTABLISHED, CLOSE_WAIT, FIN_WAIT1, FIN_WAIT2, TIME_WAIT, LISTEN } = TCP_STATES;

interface Socket {
  readonly peerPort: number;
  readonly state?: number;
  readonly localPort?: number;
}

const LISTENER: Socket = { peerPort: 0, state: LISTEN };

/** A folder that stands for `/proc/net`, on a clock that stands still. */
function start(settings: Partial<WatchSettings> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'hookkeeper-'));
  const clock = manualClock();
  const write = (file: string, text: string) => writeFileSync(join(folder, file), text);
  const hex = (value: number, digits: number) => value.toString(16).toUpperCase().padStart(digits, '0');
  const line = ({ peerPort, state = ESTABLISHED, localPort = 8080 }: Socket) =>
    `   0: 0100007F:${hex(localPort, 4)} 0100007F:${hex(peerPort, 4)} ${hex(state, 2)} 0:0 0:0 0 0 0 77 1\n`;
  /** What the kernel has; its count of sockets too, unless it is told otherwise. */
  const kernel = (sockets: readonly Socket[], count = sockets.filter(({ state }) => state !== TIME_WAIT).length) => {
    write('tcp', sockets.map(line).join(''));
    write('sockstat', `sockets: used 9\nTCP: inuse ${count} orphan 0 tw 7 alloc 3 mem 1\nUDP: inuse 4 mem 0\n`);
  };
  /** What has begun since the start, and what is established; without it the kernel tells neither. */
  const openings = (begun: number, established: number) =>
    write('snmp', `Tcp: RtoAlgorithm RtoMin\nTcp: 1 200 120000 -1 ${begun} 5 0 0 ${established} 1 1 0 0 0 0\n`);
  kernel([LISTENER]);
  write('tcp6', '');
  write('sockstat6', 'TCP6: inuse 0\n');
  write('snmp', '');
  const controller = new AbortController();
  const open = () => {
    const watch = watchConnections(
      folder,
      {
        ports: new Set([8080]),
        states: new Set([ESTABLISHED, CLOSE_WAIT, FIN_WAIT1]),
        isExcluded: (peer) => peer[3] !== 0x7f000001,
        everyMs: 40,
        below: 1,
        quietForMs: 0,
        atLeastMs: 0,
        ...settings,
      },
      clock,
    );
    const context = { signal: controller.signal, clock, captured: new Map<string, string>() };
    return { ...watch, read: () => watch.read(context), pause: (ms: number) => watch.pause(ms, controller.signal) };
  };
  const watch = open();
  onTestFinished(() => {
    watch.close();
    rmSync(folder, { recursive: true });
  });
  return { folder, clock, write, kernel, openings, watch, stop: () => controller.abort() };
}

const of = (...peerPorts: number[]): Socket[] => [LISTENER, ...peerPorts.map((peerPort) => ({ peerPort }))];

/** So many others that a look takes some milliseconds. */
const CROWD = Array.from({ length: 20_000 }, (_, index) => ({ peerPort: index, localPort: 9999 }));

const NONE_LEFT = { kind: 'read', met: true, saw: 'no connections', left: 0 };

describe('the watch of connections', () => {
  it('is over at its first look where nothing is connected', async () => {
    const { watch } = start();
    expect(await watch.read()).toEqual(NONE_LEFT);
    expect(watch.foundNothing()).toBe(false);
  });

  it('counts what is connected to the ports, in the states that count, and from peers that are not left out', async () => {
    const { watch, kernel, write } = start();
    kernel([
      ...of(1, 2),
      { peerPort: 3, state: CLOSE_WAIT },
      { peerPort: 4, state: TIME_WAIT },
      { peerPort: 5, localPort: 8081 },
      { peerPort: 8080, localPort: 6 },
    ]);
    write(
      'tcp6',
      '   0: 0000000000000000FFFF00000200007F:1F90 0000000000000000FFFF00000200007F:0001 01 0:0 0:0 0 0 0 77 1\n',
    );
    expect(await watch.read()).toEqual({ kind: 'read', met: false, saw: '3 connections', left: 3 });
  });

  it('is over when fewer are left than wanted', async () => {
    const { watch, kernel } = start({ below: 3 });
    kernel(of(1, 2, 3, 4));
    expect(await watch.read()).toMatchObject({ met: false, left: 2 });
    kernel(of(2, 3));
    expect(await watch.read()).toEqual({ kind: 'read', met: true, saw: '2 connections', left: 0 });
  });

  it('trusts no count of sockets for the end: others may have ended', async () => {
    const { watch, kernel } = start();
    kernel([...of(1), { peerPort: 9, localPort: 9999 }]);
    expect(await watch.read()).toMatchObject({ left: 1 });
    kernel(of(1));
    expect(await watch.read()).toMatchObject({ met: false, saw: '1 connection' });
  });

  it('tells of no more than it has seen when others begin, and it has no budget to look', async () => {
    const { watch, kernel } = start();
    kernel([...of(1, 2, 3), ...CROWD.slice(0, 1000)]);
    let reading = await watch.read();
    for (let others = 1001; reading.kind === 'read' && !reading.saw.startsWith('about'); others += 1) {
      kernel([...of(1, 2, 3), ...CROWD.slice(0, others)]);
      reading = await watch.read();
    }
    expect(reading).toEqual({ kind: 'read', met: false, saw: 'about 3 connections', left: 3 });
  });

  it('finds an end that no count tells, as others began at the same time', async () => {
    const { watch, kernel, clock } = start();
    kernel(of(1));
    await watch.read();
    kernel([LISTENER, { peerPort: 9, localPort: 9999 }]);
    expect(await watch.read()).toMatchObject({ left: 1 });
    clock.advance(60_000);
    expect(await watch.read()).toEqual(NONE_LEFT);
  });

  it('finds an end soon that the count of sockets does not tell, where the kernel counts what begins', async () => {
    const { watch, kernel, openings, clock } = start();
    kernel([...of(1), ...CROWD]);
    openings(1, 1);
    await watch.read();
    kernel([LISTENER, { peerPort: 9, localPort: 9999 }, ...CROWD]);
    openings(2, 1);
    clock.advance(200);
    expect(await watch.read()).toEqual(NONE_LEFT);
  });

  it('finds the end at once though others began meanwhile, and its budget for changes is spent', async () => {
    const { watch, kernel, openings } = start();
    const ours = Array.from({ length: 3000 }, (_, index) => index + 1);
    const other = (count: number) =>
      Array.from({ length: count }, (_, index) => ({ peerPort: index, localPort: 9999 }));
    let begun = 0;
    const now = async (peerPorts: readonly number[], others: number) => {
      kernel([...of(...peerPorts), ...other(others)]);
      openings(begun, peerPorts.length + others);
      return watch.read();
    };
    let others = 0;
    for (let saw = ''; !saw.startsWith('about'); begun += 1) {
      others += 1;
      const reading = await now(ours, others);
      saw = reading.kind === 'read' ? reading.saw : 'about nothing';
    }
    expect(others).toBeGreaterThan(2);
    begun += 1;
    expect(await now([], others + 1)).toEqual(NONE_LEFT);
  });

  it('looks at what our side has closed when no more is: of what the peer leaves open there is no end', async () => {
    const { watch, kernel, openings, clock } = start({ states: new Set([ESTABLISHED, FIN_WAIT1]) });
    kernel([...of(1, 2), ...CROWD]);
    openings(2, 2);
    await watch.read();
    kernel([LISTENER, { peerPort: 1, state: FIN_WAIT2 }, { peerPort: 2, state: FIN_WAIT2 }, ...CROWD]);
    openings(2, 0);
    const paused = watch.pause(100_000);
    clock.advance(280);
    expect(await paused).toBe(true);
    expect(await watch.read()).toEqual(NONE_LEFT);
  });

  it('polls more often while sockets end so fast that the end is near', async () => {
    const { watch, kernel, openings, clock } = start();
    const ports = Array.from({ length: 100 }, (_, index) => index + 1);
    const left = (count: number) => {
      kernel(of(...ports.slice(0, count)));
      openings(100, count);
    };
    left(100);
    await watch.read();
    left(40);
    clock.advance(40);
    await watch.read();
    const paused = watch.pause(1000);
    left(0);
    clock.advance(10);
    expect([await paused, clock.pending()]).toEqual([true, 0]);
    expect(await watch.read()).toEqual(NONE_LEFT);
  });

  it('looks again soon at what the app has closed: no count tells when the peer has everything', async () => {
    const { watch, kernel, clock } = start();
    kernel([LISTENER, { peerPort: 1, state: FIN_WAIT1 }]);
    await watch.read();
    kernel([LISTENER, { peerPort: 1, state: FIN_WAIT2 }]);
    const paused = watch.pause(1000);
    clock.advance(80);
    expect(clock.pending()).toBe(1);
    clock.advance(40);
    expect(await paused).toBe(true);
    expect(await watch.read()).toEqual(NONE_LEFT);
  });

  it('works without any count, look by look', async () => {
    const { watch, kernel, write, clock } = start();
    kernel(of(1));
    write('sockstat', '');
    await watch.read();
    kernel([LISTENER]);
    write('sockstat', '');
    clock.advance(60_000);
    expect(await watch.read()).toEqual(NONE_LEFT);
  });

  it('waits until none was new for long enough', async () => {
    const { watch, kernel, clock } = start({ quietForMs: 2000 });
    kernel(of(1));
    const quiet = 'no connections, and waits until none is new for 2s';
    await watch.read();
    clock.advance(1900);
    kernel([LISTENER, { peerPort: 1, state: TIME_WAIT }, { peerPort: 2, state: TIME_WAIT }]);
    expect(await watch.read()).toEqual({ kind: 'read', met: false, saw: quiet, left: 0 });
    clock.advance(1999);
    expect(await watch.read()).toMatchObject({ met: false });
    clock.advance(1);
    expect(await watch.read()).toMatchObject({ met: true });
  });

  it('takes no connection for new that was there from the start', async () => {
    const { watch, kernel, clock } = start({ quietForMs: 2000 });
    kernel(of(1, 2));
    await watch.read();
    clock.advance(1999);
    kernel([LISTENER, { peerPort: 1, state: TIME_WAIT }]);
    expect(await watch.read()).toMatchObject({ met: false });
    clock.advance(1);
    expect(await watch.read()).toMatchObject({ met: true });
  });

  it('counts a connection once that it reads twice, as the table changed meanwhile', async () => {
    const { watch, kernel } = start();
    kernel(of(1, 2, 1));
    expect(await watch.read()).toMatchObject({ left: 2 });
  });

  it('takes an end within a look for one after it', async () => {
    const { watch, kernel } = start();
    kernel([...of(1), ...CROWD]);
    const reading = watch.read();
    kernel([LISTENER, ...CROWD]);
    expect(await reading).toMatchObject({ left: 1 });
    expect(await watch.read()).toEqual(NONE_LEFT);
  });

  it('says nothing of what it has not looked at where no count tells whether it still holds', async () => {
    const { watch, kernel, write, clock } = start();
    write('sockstat', '');
    expect(await watch.read()).toMatchObject({ met: true });
    kernel(of(1));
    write('sockstat', '');
    clock.advance(10);
    expect(await watch.read()).toMatchObject({ met: false });
  });

  it('says nothing either while only one of the tables tells', async () => {
    const { watch, kernel, write, clock } = start();
    write('sockstat6', '');
    kernel(of(1));
    await watch.read();
    clock.advance(10);
    kernel([LISTENER]);
    expect(await watch.read()).toMatchObject({ met: false });
    clock.advance(60_000);
    expect(await watch.read()).toEqual(NONE_LEFT);
  });

  it('looks again at the end of the quiet time, whatever the count says', async () => {
    const { watch, kernel, clock } = start({ quietForMs: 150 });
    await watch.read();
    clock.advance(150);
    kernel(of(1), 1);
    expect(await watch.read()).toMatchObject({ met: false, left: 1 });
  });

  it('says when a port has neither a listener nor a connection', async () => {
    const { watch, kernel } = start();
    kernel([{ peerPort: 0, localPort: 9999, state: LISTEN }]);
    expect(await watch.read()).toEqual(NONE_LEFT);
    expect(watch.foundNothing()).toBe(true);
  });

  it('cannot be read where there is no table, and is tried again a second later', async () => {
    const { watch, folder, clock, kernel } = start();
    rmSync(join(folder, 'tcp'));
    const missing = {
      kind: 'unreadable',
      refused: false,
      reason: expect.stringContaining(`${folder}/tcp cannot be read: ENOENT`),
    };
    expect(await watch.read()).toEqual(missing);
    kernel([LISTENER]);
    clock.advance(999);
    expect(await watch.read()).toEqual(missing);
    clock.advance(1);
    expect(await watch.read()).toEqual(NONE_LEFT);
  });

  it('pauses until a count changes, and no longer than it is told', async () => {
    const { watch, kernel, clock, stop } = start();
    kernel(of(1, 2));
    await watch.read();
    const news = watch.pause(1000);
    clock.advance(39);
    kernel(of(1));
    expect(clock.pending()).toBe(1);
    clock.advance(1);
    expect([await news, clock.pending()]).toEqual([true, 0]);
    await watch.read();
    const nothing = watch.pause(100);
    clock.advance(99);
    expect(clock.pending()).toBe(1);
    clock.advance(1);
    expect([await nothing, clock.pending()]).toEqual([true, 0]);
    const stopped = watch.pause(1000);
    stop();
    expect([await stopped, await watch.pause(1000), clock.pending()]).toEqual([false, false, 0]);
  });
});
