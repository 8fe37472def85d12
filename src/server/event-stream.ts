/**
 * The status, as it changes, for a few callers who look: server-sent events (HTML Standard, section 9.2). All that waits is one
 * timer, and it waits only while somebody looks. A caller who does not read gets nothing more until it does: each message has
 * all that changed since the last one that was sent, so nothing is queued (P9).
 */
import type { ServerResponse } from 'node:http';
import type { Clock } from '../hooks/clock.ts';
import type { StatusView } from '../observe/status-view.ts';
import type { RunView } from '../observe/timeline/run-view.ts';

export interface EventStreams {
  /** Streams to this caller until it goes away; false when there are too many, and nothing was sent. */
  open(response: ServerResponse): boolean;
  /** Ends all streams, with the last change in them, and takes no more. Takes no time. */
  close(): void;
}

export interface EventStreamsInput {
  readonly view: () => StatusView;
  /** How the view is written; takes secrets out. */
  readonly encode: (value: unknown) => string;
  readonly clock: Clock;
}

export const MOST_STREAMS = 8;
/** How often it is looked whether something changed, in ms. */
const LOOK_EVERY_MS = 250;
/** A stream without news says that it lives, so that nothing between takes it for dead, in ms. */
export const HEARTBEAT_MS = 15_000;
/** A caller who reads nothing for so long is gone, in ms. */
export const STUCK_MS = 30_000;
/** What a browser waits before it connects again, in ms. */
const RETRY_MS = 2000;

interface Stream {
  readonly response: ServerResponse;
  /** All but the runs and the time, as it was last told. */
  service: string;
  runs: readonly RunView[];
  sentAtMs: number;
}

export function createEventStreams({ view, encode, clock }: EventStreamsInput): EventStreams {
  const streams = new Set<Stream>();
  let cancel = () => {};
  let closed = false;

  const look = () => {
    const now = view();
    const service = encode({ ...now, nowMs: 0, runs: [] });
    for (const stream of streams) tell(stream, now, service);
    cancel = streams.size > 0 ? clock.after(LOOK_EVERY_MS, look) : () => {};
  };

  function tell(stream: Stream, now: StatusView, service: string): void {
    const { response } = stream;
    const idleMs = clock.monotonicMs() - stream.sentAtMs;
    if (response.writableNeedDrain) {
      if (idleMs >= STUCK_MS) response.destroy();
      return;
    }
    const same = service === stream.service && now.runs.length === stream.runs.length;
    const news = now.runs.filter((run) => !stream.runs.includes(run));
    if (same && news.length === 0 && idleMs < HEARTBEAT_MS) return;
    stream.sentAtMs = clock.monotonicMs();
    if (same && news.length === 0) {
      response.write(': still here\n\n');
      return;
    }
    stream.service = service;
    stream.runs = now.runs;
    const order = now.runs.map(({ id }) => id);
    response.write(`event: change\ndata: ${encode({ ...now, order, runs: news })}\n\n`);
  }

  return {
    open(response) {
      if (closed || streams.size >= MOST_STREAMS) return false;
      const stream: Stream = { response, service: '', runs: [], sentAtMs: clock.monotonicMs() };
      response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8', Connection: 'close' });
      response.write(`retry: ${RETRY_MS}\n\n`);
      response.on('close', () => streams.delete(stream));
      streams.add(stream);
      cancel();
      look();
      return true;
    },
    close() {
      closed = true;
      cancel();
      const now = view();
      const service = encode({ ...now, nowMs: 0, runs: [] });
      for (const stream of streams) {
        tell(stream, now, service);
        const { response } = stream;
        // Whoever does not read must not hold up the end (P5): the connection is not waited for.
        if (response.writableNeedDrain) response.destroy();
        else response.end(() => response.socket?.destroySoon());
      }
      streams.clear();
    },
  };
}
