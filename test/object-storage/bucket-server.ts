/**
 * A small S3-compatible server that checks signatures, lists uploads, and can be told to fail. `fauxqs`, the other server of
 * the tests, is somebody else's, and does neither.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { type Keys, whyRefused } from './signature.ts';

/**
 * What becomes of a request: it is answered, at once or after 2 s, broken off in the middle of its body, never answered, or answered
 * with an error.
 */
export type Fate = 'answer' | 'slow' | 'reset' | 'silence' | number;

const SLOW_MS = 2000;

/** Amazon's own words for some statuses. */
const CODES: Readonly<Record<number, string>> = { 400: 'RequestTimeout', 403: 'AccessDenied', 501: 'NotImplemented' };

export interface BucketServer {
  readonly endpoint: string;
  readonly objects: Map<string, Buffer>;
  readonly uploads: Map<string, { readonly key: string; readonly parts: Map<number, Buffer> }>;
  /** `METHOD /path?query` of all requests. */
  readonly requests: string[];
  /** Decides what becomes of each request. */
  fate: (method: string, url: string) => Fate;
  /** What the answer to a new upload waits for, which is there by then. */
  held: Promise<unknown>;
}

export const KEYS: Keys = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'a secret of the tests/+=' };

const tagOf = (bytes: Buffer) => `"${createHash('md5').update(bytes).digest('hex')}"`;
const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

/** Serves one bucket, `bucket`. Ends with the test. */
export async function bucketServer(keys = KEYS): Promise<BucketServer> {
  const objects: BucketServer['objects'] = new Map();
  const changed = new Map<string, Date>();
  const uploads: BucketServer['uploads'] = new Map();
  const state: BucketServer = {
    endpoint: '',
    objects,
    uploads,
    requests: [],
    fate: () => 'answer',
    held: Promise.resolve(),
  };

  const store = (key: string, bytes: Buffer) => {
    objects.set(key, bytes);
    changed.set(key, new Date());
  };
  const sourceOf = ({ headers }: IncomingMessage) => {
    const source = objects.get(decodeURIComponent(String(headers['x-amz-copy-source'])).replace(/^\/?bucket\//, ''));
    const [, begin, end] = /^bytes=(\d+)-(\d+)$/.exec(String(headers['x-amz-copy-source-range'])) ?? [];
    return begin === undefined ? source : source?.subarray(Number(begin), Number(end) + 1);
  };

  function listing(query: URLSearchParams): string {
    const prefix = query.get('prefix') ?? '';
    if (query.has('uploads')) {
      const found = [...uploads].filter(([, { key }]) => key.startsWith(prefix));
      const entries = found.map(
        ([id, { key }]) =>
          `<Upload><Key>${escaped(key)}</Key><UploadId>${id}</UploadId><Initiated>${new Date().toISOString()}</Initiated></Upload>`,
      );
      return `<ListMultipartUploadsResult><IsTruncated>false</IsTruncated>${entries.join('')}</ListMultipartUploadsResult>`;
    }
    const keys = [...objects.keys()].filter((key) => key.startsWith(prefix) && !key.slice(prefix.length).includes('/'));
    // Pages of three, so that there are several.
    const from = Number(query.get('continuation-token') ?? 0);
    const more = keys.length > from + 3;
    const entries = keys
      .toSorted()
      .slice(from, from + 3)
      .map(
        (key) =>
          `<Contents><Key>${escaped(key)}</Key><Size>${objects.get(key)?.length}</Size><LastModified>${(changed.get(key) ?? new Date()).toISOString()}</LastModified></Contents>`,
      );
    const next = more ? `<NextContinuationToken>${from + 3}</NextContinuationToken>` : '';
    return `<ListBucketResult><IsTruncated>${more}</IsTruncated>${next}${entries.join('')}</ListBucketResult>`;
  }

  async function answer(
    request: IncomingMessage,
    response: ServerResponse,
    key: string,
    query: URLSearchParams,
    body: Buffer,
  ) {
    const { method = '' } = request;
    const copied = 'x-amz-copy-source' in request.headers ? sourceOf(request) : undefined;
    const id = query.get('uploadId') ?? '';
    const upload = uploads.get(id);
    const send = (text: string, headers = {}) => response.writeHead(200, headers).end(text);
    if (key === '') return send(listing(query));
    if (method === 'POST' && query.has('uploads')) {
      const made = randomUUID();
      uploads.set(made, { key, parts: new Map() });
      await state.held;
      return send(`<InitiateMultipartUploadResult><UploadId>${made}</UploadId></InitiateMultipartUploadResult>`);
    }
    if (id !== '' && upload === undefined) return refuse(response, 404, 'NoSuchUpload');
    if (upload !== undefined && method === 'PUT') {
      const part = copied ?? body;
      upload.parts.set(Number(query.get('partNumber')), part);
      return send(copied === undefined ? '' : `<CopyPartResult><ETag>${tagOf(part)}</ETag></CopyPartResult>`, {
        ETag: tagOf(part),
      });
    }
    if (upload !== undefined && method === 'POST') {
      const numbers = [...body.toString().matchAll(/<PartNumber>(\d+)<\/PartNumber>/g)].map(([, number]) =>
        Number(number),
      );
      const parts = numbers.map((number) => upload.parts.get(number) ?? Buffer.alloc(0));
      const tooSmall = parts.slice(0, -1).some(({ length }) => length < 5 * 1024 ** 2);
      if (tooSmall) return refuse(response, 400, 'EntityTooSmall');
      store(key, Buffer.concat(parts));
      uploads.delete(id);
      return send('<CompleteMultipartUploadResult></CompleteMultipartUploadResult>');
    }
    if (upload !== undefined && method === 'DELETE') {
      uploads.delete(id);
      return response.writeHead(204).end();
    }
    if (method === 'PUT') {
      store(key, copied ?? body);
      return send(copied === undefined ? '' : '<CopyObjectResult></CopyObjectResult>', { ETag: tagOf(body) });
    }
    if (method === 'DELETE') {
      objects.delete(key);
      return response.writeHead(204).end();
    }
    return give(request, response, key);
  }

  function give(request: IncomingMessage, response: ServerResponse, key: string) {
    const object = objects.get(key);
    if (object === undefined) return refuse(response, 404, 'NoSuchKey');
    const [, from] = /^bytes=(\d+)-$/.exec(request.headers.range ?? '') ?? [];
    const bytes = object.subarray(Number(from ?? 0));
    response.writeHead(from === undefined ? 200 : 206, { ETag: tagOf(object), 'Content-Length': bytes.length });
    return response.end(request.method === 'HEAD' ? undefined : bytes);
  }

  async function handle(request: IncomingMessage, response: ServerResponse) {
    const { method = '', url = '' } = request;
    state.requests.push(`${method} ${url}`);
    const fate = state.fate(method, url);
    const chunks: Buffer[] = [];
    if (fate === 'reset' && method === 'PUT') {
      request.once('data', () => request.socket.resetAndDestroy());
      return undefined;
    }
    if (fate === 'silence') return undefined;
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const body = Buffer.concat(chunks);
    const refused = await whyRefused(request, body, keys);
    if (refused !== undefined) return refuse(response, 403, refused);
    if (typeof fate === 'number') return refuse(response, fate, CODES[fate] ?? 'InternalError');
    const { pathname, searchParams } = new URL(url, 'http://localhost');
    const [, bucket, ...key] = pathname.split('/').map(decodeURIComponent);
    if (bucket !== 'bucket') return refuse(response, 404, 'NoSuchBucket');
    if (fate === 'reset') {
      const object = objects.get(key.join('/')) ?? Buffer.alloc(0);
      const [, from] = /^bytes=(\d+)-$/.exec(request.headers.range ?? '') ?? [];
      const bytes = object.subarray(Number(from ?? 0));
      response.writeHead(200, { 'Content-Length': bytes.length, ETag: tagOf(object) });
      response.write(bytes.subarray(0, bytes.length / 2), () => request.socket.destroy());
      return undefined;
    }
    if (fate === 'slow') await setTimeout(SLOW_MS);
    return answer(request, response, key.join('/'), searchParams, body);
  }

  // Whoever goes away in the middle of a body is no fault of the server.
  const server = createServer((request, response) => void handle(request, response).catch(() => request.destroy()));
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return Object.assign(state, { endpoint: `http://127.0.0.1:${address.port}` });
}

function refuse(response: ServerResponse, status: number, code: string) {
  const body = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>as the test wants it</Message></Error>`;
  return response.writeHead(status, { 'Content-Type': 'application/xml' }).end(body);
}
