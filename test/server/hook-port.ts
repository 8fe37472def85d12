import { connect, type Socket } from 'node:net';
import { systemClock } from '../../src/hooks/clock.ts';
import type { Delivery, Result } from '../../src/hooks/delivery.ts';
import type { RunRecord, TaskRecord } from '../../src/journal/entry.ts';
import { createHttpLog } from '../../src/observe/http-log.ts';
import { jsonLogger } from '../../src/observe/logger.ts';
import type { ConfiguredHooks, Readiness, Refusal } from '../../src/server/admission.ts';
import { createHookApp } from '../../src/server/hook-app.ts';
import { createHookServer } from '../../src/server/hook-server.ts';
import { listen } from '../../src/server/listen.ts';
import type { TokenCheck } from '../../src/server/token.ts';

export const KUBELET = 'User-Agent: kube-lifecycle/1.36\r\n';
export const OLD_KUBELET = 'User-Agent: Go-http-client/1.1\r\n';
export const CURL = 'User-Agent: curl/8.5.0\r\n';

type EndedRun = RunRecord & { readonly state: 'ended' };
type EndedTask = TaskRecord & { readonly state: 'ended' };

export function endedTask(name: string, settings: Partial<EndedTask> = {}): EndedTask {
  return {
    state: 'ended',
    name,
    outcome: 'succeeded',
    attempts: 1,
    startedAtMs: 1000,
    durationMs: 2400,
    reason: null,
    output: '',
    captured: {},
    ...settings,
  };
}

export function endedRun(settings: Partial<EndedRun> = {}): EndedRun {
  return {
    state: 'ended',
    id: 'k3f9-7',
    sequence: 7,
    hook: 'preStop',
    container: 'app',
    incarnation: { id: 'life-2', evidence: 'sequence', why: 'the preStop closes life-2' },
    configDigest: '0123456789ab',
    traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
    firstDeliveryAtMs: 1000,
    lastDeliveryAtMs: 1000,
    deliveries: 1,
    deadline: { source: 'config', graceMs: 45_000, reserveMs: 10_000 },
    tasks: [endedTask('connections')],
    outcome: 'succeeded',
    reason: null,
    endedAtMs: 3400,
    durationMs: 2400,
    remainingMs: 32_600,
    ...settings,
  };
}

export const succeeded: Result = { kind: 'ended', delivery: 'executed', run: endedRun(), notes: [] };

export const FAILURE = 'task warm-cache exited with 3 after 12.4 s (3 attempts)';
export const failed: Result = {
  kind: 'ended',
  delivery: 'executed',
  run: endedRun({
    hook: 'postStart',
    outcome: 'failed',
    reason: FAILURE,
    tasks: [endedTask('warm-cache', { outcome: 'failed', attempts: 3, reason: 'exited with 3' })],
  }),
  notes: [],
};

const oneContainer: ConfiguredHooks = new Map([['app', { postStart: {}, preStop: {} }]]);

/** Deliveries whose ends the test decides. */
export interface HeldDelivery {
  readonly delivery: Delivery;
  end(result: Result): void;
  /** What no deliveries may do. */
  explode(error: Error): void;
}

export interface PortSettings {
  readonly containers?: ConfiguredHooks;
  readonly token?: TokenCheck;
  readonly readiness?: () => Readiness;
  /** Ends every delivery at once with this; without it the test ends them. */
  readonly result?: Result;
  /** How long each request was held before, in ms. */
  readonly waitedMs?: number;
  /** Default: the hook port's own. */
  readonly mostConnections?: number;
}

/** The real hook port, on a free port of 127.0.0.1, in front of deliveries that the test drives. */
export async function openHookPort({ result, mostConnections, ...settings }: PortSettings = {}) {
  const held: HeldDelivery[] = [];
  const waiting: ((delivery: HeldDelivery) => void)[] = [];
  const lines: Record<string, unknown>[] = [];
  const refusals: Refusal[] = [];
  const bugs: unknown[] = [];
  const lineWaits: { readonly count: number; readonly resolve: (all: typeof lines) => void }[] = [];
  const logger = jsonLogger('debug', {
    write(line) {
      lines.push(JSON.parse(line));
      for (const { count, resolve } of lineWaits) if (lines.length >= count) resolve(lines);
    },
  });
  const app = createHookApp({
    deliveries: {
      deliver(delivery) {
        const { promise, resolve, reject } = Promise.withResolvers<Result>();
        const one: HeldDelivery = { delivery, end: resolve, explode: reject };
        held.push(one);
        waiting.shift()?.(one);
        if (result !== undefined) resolve(result);
        return promise;
      },
    },
    containers: () => settings.containers ?? oneContainer,
    token: settings.token ?? (() => ({ allowed: true })),
    ready: settings.readiness ?? (() => ({ ready: true })),
    clock: systemClock,
    onRefused: (refusal) => refusals.push(refusal),
    onBug: (error) => bugs.push(error),
    httpLog: createHttpLog(logger, 'info', () => performance.now()),
  });
  const onRequest: typeof app.onRequest = (request, response) => app.onRequest(request, response, settings.waitedMs);
  const server = createHookServer({ ...app, onRequest }, mostConnections);
  const listening = await listen(server, { host: '127.0.0.1', port: 0, onError: (error) => bugs.push(error) });
  if (listening.state === 'failed') throw new Error(listening.reason);
  const { port } = listening;
  return {
    port,
    server,
    held,
    lines,
    /** All lines of the log, when there are so many: the line of a broken connection comes after its end. */
    linesOnce: (count: number) =>
      new Promise<typeof lines>((resolve) => {
        if (lines.length >= count) resolve(lines);
        else lineWaits.push({ count, resolve });
      }),
    refusals,
    bugs,
    /** The next delivery that comes. */
    nextDelivery: () => new Promise<HeldDelivery>((resolve) => waiting.push(resolve)),
    /** Sends the bytes, and resolves with all that came back when the connection is closed. */
    call: (bytes: string | Buffer) => callRaw(port, bytes),
    get: (path: string, headers = CURL) => callRaw(port, `GET ${path} HTTP/1.1\r\nHost: pod\r\n${headers}\r\n`),
    async [Symbol.asyncDispose]() {
      await listening.close(AbortSignal.abort());
    },
  };
}

/** A connection to the port, when it stands. All of 127.0.0.0/8 is this machine. */
export async function dial(port: number, from = '127.0.0.1'): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', localAddress: from });
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  return socket;
}

/** All that comes on the socket until the other side closes; a reset ends it too, and is said. */
export function received(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      text += chunk;
    });
    socket.on('error', (error) => {
      text += `[${error.message}]`;
    });
    socket.on('close', () => resolve(text));
  });
}

async function callRaw(port: number, bytes: string | Buffer): Promise<string> {
  const socket = await dial(port);
  const all = received(socket);
  socket.write(bytes);
  return all;
}

/** An answer's parts. Fails where it is no HTTP answer with JSON. */
export function parse(answer: string): { status: number; headers: Map<string, string>; body: unknown } {
  const [head = '', body = '', ...more] = answer.split('\r\n\r\n');
  if (more.length > 0) throw new Error(`more than one answer: ${answer}`);
  const [statusLine = '', ...lines] = head.split('\r\n');
  const status = /^HTTP\/1\.1 (\d{3}) /.exec(statusLine)?.[1];
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':');
    if (colon < 1) throw new Error(`no HTTP header: ${line}`);
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  return { status: Number(status), headers: new Map(headers), body: body === '' ? undefined : JSON.parse(body) };
}

/** The sentence of a broken answer, whose bytes are exactly these. */
export function brokenSentence(answer: string): string {
  const sentence = /^HTTP\/1\.1 200 OK\r\n([\x20-\x39\x3b-\x7e]+)\r\n\r\n$/.exec(answer)?.[1];
  if (sentence === undefined) throw new Error(`no broken answer: ${JSON.stringify(answer.slice(0, 500))}`);
  return sentence;
}
