import { once } from 'node:events';
import { createServer, get, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { StatusView } from '../../src/observe/status-view.ts';
import { parseStatusChange } from '../../src/observe/status-view-codec.ts';
import { runView } from '../../src/observe/timeline/run-view.ts';
import { createEventStreams, HEARTBEAT_MS, MOST_STREAMS, STUCK_MS } from '../../src/server/event-stream.ts';
import { shownJson } from '../../src/server/shown-json.ts';
import { manualClock } from '../helpers/manual-clock.ts';
import { within } from '../helpers/within.ts';
import { statusView } from '../observe/status-records.ts';
import { endedRun, endedTask } from '../observe/timeline/run-records.ts';

const runOf = (id: string, output = '') => runView(endedRun({ id, tasks: [endedTask('a', { output })] }), undefined);

/** Streams on a real port, and the view that they tell. */
async function openStreams(first: StatusView = statusView()) {
  const clock = manualClock();
  let view = first;
  const streams = createEventStreams({ view: () => view, encode: shownJson, clock });
  const refused = Promise.withResolvers<void>();
  const server = createServer((_request, response) => {
    if (streams.open(response)) return;
    response.writeHead(503).end();
    refused.resolve();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return {
    clock,
    streams,
    port,
    server,
    refused: refused.promise,
    become: (next: StatusView) => {
      view = next;
    },
  };
}

/** A caller who reads: its next messages, one by one. */
async function look(port: number) {
  const [response]: IncomingMessage[] = await within('the stream', once(get({ host: '127.0.0.1', port }), 'response'));
  if (response === undefined) throw new Error('there is no answer');
  let text = '';
  let wake = () => {};
  response.setEncoding('utf8');
  response.on('data', (more: string) => {
    text += more;
    wake();
  });
  // The server's end of a test is an error to whoever still reads.
  response.on('error', () => {});
  const ended = new Promise<void>((resolve) => response.once('end', () => resolve()));
  async function next(): Promise<string> {
    for (;;) {
      const at = text.indexOf('\n\n');
      if (at >= 0) {
        const message = text.slice(0, at);
        text = text.slice(at + 2);
        return message;
      }
      const { promise, resolve } = Promise.withResolvers<void>();
      wake = resolve;
      await promise;
    }
  }
  const change = async () => parseStatusChange((await within('a change', next())).replace('event: change\ndata: ', ''));
  return { response, ended, next: () => within('a message', next()), change };
}

describe('the stream of the status', () => {
  it('begins with everything, then has what changed and no more', async () => {
    const { port, clock, become } = await openStreams(statusView({ runs: [runOf('a'), runOf('b')] }));
    const reader = await look(port);
    expect(reader.response.headers['content-type']).toBe('text/event-stream; charset=utf-8');
    expect(await reader.next()).toBe('retry: 2000');
    const first = await reader.change();
    expect(first?.runs.map(({ id }) => id)).toEqual(['a', 'b']);
    const [a] = first?.runs ?? [];
    const kept = runOf('a');
    become(statusView({ runs: [kept, runOf('b', 'more'), runOf('c')], state: 'finishing' }));
    clock.advance(250);
    await reader.change();
    become(statusView({ runs: [kept, runOf('c', 'end')] }));
    clock.advance(250);
    const third = await reader.change();
    expect(third).toMatchObject({ state: 'serving', order: ['a', 'c'], runs: [{ id: 'c' }] });
    expect(a).toBeDefined();
  });

  it('says from time to time that it lives, and nothing else while nothing changes', async () => {
    const { port, clock } = await openStreams();
    const reader = await look(port);
    await reader.next();
    await reader.change();
    for (let ms = 0; ms < HEARTBEAT_MS; ms += 250) clock.advance(250);
    expect(await reader.next()).toBe(': still here');
  });

  it('holds no secret', async () => {
    const { port } = await openStreams(statusView({ runs: [runOf('a', 'GET http://bob:s3cret@host/?token=s3cret')] }));
    const reader = await look(port);
    await reader.next();
    const message = await reader.next();
    expect(message).toContain('[redacted]');
    expect(message).not.toContain('s3cret');
  });

  it('waits for nothing while nobody looks', async () => {
    const { port, clock } = await openStreams();
    expect(clock.pending()).toBe(0);
    const reader = await look(port);
    expect(clock.pending()).toBe(1);
    const gone = once(reader.response, 'close');
    reader.response.destroy();
    await gone;
    await within(
      'the end of the timer',
      (async () => {
        while (clock.pending() > 0) {
          clock.advance(250);
          await new Promise((resolve) => setImmediate(resolve));
        }
      })(),
    );
  });

  it(`is for ${MOST_STREAMS} at a time`, async () => {
    const { port, refused } = await openStreams();
    for (let n = 0; n < MOST_STREAMS; n += 1) await (await look(port)).next();
    const one = await look(port);
    expect(one.response.statusCode).toBe(503);
    await refused;
  });

  it('queues nothing for one who does not read, and gives it up', async () => {
    const big = (n: number) => statusView({ runs: [runOf('a', `${n}${'x'.repeat(4_000_000)}`)] });
    const { port, server, clock, become } = await openStreams(big(0));
    const accepted = once(server, 'connection');
    const socket = connect(port, '127.0.0.1').pause();
    socket.on('error', () => {});
    onTestFinished(() => void socket.destroy());
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    const [theirs] = await within('the connection', accepted);
    await within('the request', once(server, 'request'));
    for (let n = 1; n <= 20; n += 1) {
      become(big(n));
      clock.advance(250);
    }
    expect(theirs.writableLength).toBeLessThan(9_000_000);
    const closed = once(theirs, 'close');
    clock.advance(STUCK_MS);
    await within('the end of the connection', closed);
  });

  it('ends at once when the service does, with the last change, and takes nobody any more', async () => {
    const { port, clock, streams, become } = await openStreams();
    const reader = await look(port);
    await reader.next();
    await reader.change();
    become(statusView({ state: 'stopping' }));
    streams.close();
    expect(clock.pending()).toBe(0);
    expect(await reader.change()).toMatchObject({ state: 'stopping' });
    await within('the end of the stream', reader.ended);
    expect((await look(port)).response.statusCode).toBe(503);
  });
});
