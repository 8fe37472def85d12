import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import * as z from 'zod/mini';
import { listen } from '../e2e/fake-server.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { within } from './within.ts';

/** The status of one container, as the kubelet reports it. */
export interface FakeContainer {
  readonly name: string;
  readonly containerID?: string;
  readonly restartCount?: number;
  readonly state?: object;
  readonly lastState?: object;
}

/** What the API server has stored of the pod. */
export interface FakePod {
  readonly uid?: string;
  readonly deletionTimestamp?: string;
  readonly deletionGracePeriodSeconds?: number;
  readonly containers?: readonly FakeContainer[];
  readonly initContainers?: readonly FakeContainer[];
}

/**
 * How it answers: as it should; not at all; with 403, 404 or 500; with what is no pod; with a byte from time to time; with a
 * gigabyte; with half an answer and a reset; with a redirect to itself.
 */
export type ApiManner =
  | 'well'
  | 'never'
  | 'forbidden'
  | 'absent'
  | 'broken'
  | 'garbage'
  | 'drips'
  | 'pours'
  | 'resets'
  | 'redirects';

/** An Event as it came. */
export type SentEvent = Readonly<Record<string, unknown>>;

export interface FakeApi {
  readonly port: number;
  /** What the container of the sidecar has, to find the API server. */
  readonly env: Readonly<Record<string, string>>;
  readonly accountDir: string;
  /** All that it was asked so far but for Events, as `GET /path`. */
  readonly requests: readonly string[];
  /** How often it was dialled, whether or not a request came of it. */
  readonly dialled: () => number;
  /** The Events that were sent, whatever became of them. */
  readonly events: readonly SentEvent[];
  /** The first Event of this reason, of those sent already or of those to come. */
  eventSent(reason: string): Promise<SentEvent>;
  /** The pod as it is from now on. */
  setPod(pod: FakePod): void;
  /** `words` are what it says of its refusals. */
  behave(manner: ApiManner, delayMs?: number, words?: string): void;
  /** Lets a new token be the valid one, in the account's folder too unless it is to be refused. */
  rotateToken(token: string, inFolder?: boolean): Promise<void>;
  close(): Promise<void>;
}

const [NAMESPACE, POD] = ['shop', 'web-0'];

/**
 * An API server over TLS, with a CA of its own, that serves one pod, `web-0` in `shop`, as the contract says, to who has the
 * token of its service account. It ends with the test.
 */
export async function startKubernetesApi(first: FakePod = {}): Promise<FakeApi> {
  const dir = await temporaryFolder();
  const accountDir = join(dir, 'serviceaccount');
  await mkdir(accountDir);
  makeCertificates(dir, accountDir);
  let token = 'first-token';
  let pod = first;
  let [manner, delayMs]: [ApiManner, number] = ['well', 0];
  let words: string | undefined;
  const requests: string[] = [];
  const events: SentEvent[] = [];
  const onEvent = new Set<() => void>();
  await writeFile(join(accountDir, 'token'), token);
  await writeFile(join(accountDir, 'namespace'), NAMESPACE);

  const answer = (request: IncomingMessage, response: ServerResponse) => {
    if (request.headers.authorization !== `Bearer ${token}`) return reject(response, 401, 'Unauthorized');
    if (manner === 'forbidden') return reject(response, 403, 'Forbidden', words);
    if (manner === 'broken') return reject(response, 500, 'InternalError');
    const spoil = SPOILT[manner];
    if (spoil !== undefined) return void spoil(response);
    if (manner !== 'absent' && isEvent(request)) return send(response, 201, events.at(-1) ?? {});
    if (manner === 'absent' || request.url !== `/api/v1/namespaces/${NAMESPACE}/pods/${POD}`)
      return reject(response, 404, 'NotFound');
    send(response, 200, manner === 'garbage' ? { kind: 'Pod', metadata: [] } : podObject(pod));
  };
  const server = createServer(
    { key: readFileSync(join(dir, 'server.key')), cert: readFileSync(join(dir, 'server.crt')) },
    (request, response) => {
      const reply = () => {
        if (manner === 'never') return;
        const timer = setTimeout(() => answer(request, response), delayMs);
        response.on('close', () => clearTimeout(timer));
      };
      if (isEvent(request)) {
        void json(request).then((event) => {
          events.push(z.parse(z.record(z.string(), z.unknown()), event));
          for (const look of onEvent) look();
          reply();
        });
        return;
      }
      requests.push(`${request.method} ${request.url}`);
      reply();
    },
  );
  let dialled = 0;
  server.on('connection', () => {
    dialled += 1;
  });
  const { port, close } = await listen(server);
  return {
    port,
    accountDir,
    requests,
    dialled: () => dialled,
    events,
    eventSent(reason) {
      const { promise, resolve } = Promise.withResolvers<SentEvent>();
      const look = () => {
        const found = events.find((event) => event['reason'] === reason);
        if (found !== undefined) resolve(found);
      };
      onEvent.add(look);
      look();
      return within(`an Event ${reason}`, promise);
    },
    env: {
      KUBERNETES_SERVICE_HOST: '127.0.0.1',
      KUBERNETES_SERVICE_PORT: String(port),
      HOOKKEEPER_SERVICE_ACCOUNT: accountDir,
      HOOKKEEPER_POD_NAME: POD,
    },
    setPod(next) {
      pod = next;
    },
    behave(next, afterMs = 0, said) {
      [manner, delayMs, words] = [next, afterMs, said];
    },
    async rotateToken(next, inFolder = true) {
      token = next;
      if (inFolder) await writeFile(join(accountDir, 'token'), `${next}\n`);
    },
    close,
  };
}

const SPOILT: { readonly [manner in ApiManner]?: (response: ServerResponse) => unknown } = {
  async drips(response) {
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': 100_000 });
    const timer = setInterval(() => response.write(' '), 50);
    await once(response, 'close');
    clearInterval(timer);
  },
  async pours(response) {
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': 1e9 });
    await pipeline(Array.from({ length: Math.ceil(1e9 / 65_536) }).fill(' '.repeat(65_536)), response).catch(() => {});
  },
  resets(response) {
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': 100 });
    response.write('{"kind":"Pod",', () => response.destroy());
  },
  redirects: (response) => response.writeHead(302, { Location: '/again', 'Content-Length': 0 }).end(),
};

function isEvent({ method, url }: IncomingMessage): boolean {
  return method === 'POST' && url === `/api/v1/namespaces/${NAMESPACE}/events`;
}

/** The object as `kubectl get --raw` shows it, with some of what nobody here reads. */
function podObject({ uid = 'uid-1', containers = [], initContainers = [], ...deletion }: FakePod) {
  const status = (one: FakeContainer) => ({
    image: 'registry.example/app:1',
    imageID: '',
    ready: false,
    started: null,
    restartCount: 0,
    state: { waiting: { reason: 'ContainerCreating' } },
    lastState: {},
    ...one,
  });
  return {
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: { name: POD, namespace: NAMESPACE, uid, resourceVersion: '7', labels: { app: 'web' }, ...deletion },
    spec: { terminationGracePeriodSeconds: 30, containers: [{ name: 'app', image: 'registry.example/app:1' }] },
    status: {
      phase: 'Pending',
      podIP: '10.88.0.12',
      containerStatuses: containers.map(status),
      initContainerStatuses: initContainers.map(status),
    },
  };
}

function reject(response: ServerResponse, code: number, reason: string, message?: string): void {
  send(response, code, { kind: 'Status', apiVersion: 'v1', status: 'Failure', message, reason, code });
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify(body));
}

/** A CA for the service account, and a certificate of it for 127.0.0.1. */
function makeCertificates(dir: string, accountDir: string): void {
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: dir, stdio: 'ignore', timeout: 20_000 });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const ca = join(accountDir, 'ca.crt');
  openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', ca, '-days', '2', '-subj', '/CN=test-ca');
  const signed = ['-CA', ca, '-CAkey', 'ca.key', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const out = ['-keyout', 'server.key', '-out', 'server.crt'];
  openssl('req', '-x509', ...key, ...signed, ...out, '-days', '2', '-subj', '/CN=kubernetes');
}
