import { writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { sendArchive } from '../../../src/tasks/snapshot/send-archive.ts';
import { bucketServer } from '../../object-storage/bucket-server.ts';
import { attempt } from '../attempt.ts';
import { bucketStage } from './bucket-stage.ts';

/** A forward proxy that knows every name: whoever is asked for, `target` answers. */
async function forwardProxy(target: string) {
  const seen: string[] = [];
  const proxy = createServer((asked, answer) => {
    const { pathname, search, host } = new URL(asked.url ?? '');
    seen.push(`${asked.method} ${host}`);
    const passed = request(target, { method: asked.method, path: `${pathname}${search}`, headers: asked.headers });
    passed.on('response', (got) => got.pipe(answer.writeHead(got.statusCode ?? 502, got.headers)));
    asked.pipe(passed);
  });
  proxy.on('connect', ({ url = '' }, socket) => {
    seen.push(`CONNECT ${url}`);
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  proxy.listen(0, '127.0.0.1', resolve);
  await promise;
  onTestFinished(() => {
    proxy.closeAllConnections();
    proxy.close();
  });
  const address = proxy.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { seen, url: `http://127.0.0.1:${address.port}` };
}

function environment(values: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(values)) {
    const before = process.env[name];
    process.env[name] = value;
    onTestFinished(() => {
      if (before === undefined) delete process.env[name];
      else process.env[name] = before;
    });
  }
}

describe('where snapshots are kept', () => {
  it('is reached through the proxy that the environment names, a bucket and a URL alike', async () => {
    const server = await bucketServer();
    const proxy = await forwardProxy(server.endpoint);
    environment({ HTTP_PROXY: proxy.url, NO_PROXY: '' });
    const stage = await bucketStage('http://s3.far.example');
    writeFileSync(join(stage.source, 'state'), 'kept');
    expect(await stage.take()).toMatchObject({ kind: 'taken' });
    expect(await stage.restore()).toMatchObject({ kind: 'restored' });
    const sent = send('http://urls.far.example/bucket/app');
    await expect(sent).rejects.toThrow('it answered 403');
    expect([...new Set(proxy.seen)].toSorted()).toEqual([
      ...['DELETE', 'GET', 'HEAD', 'POST', 'PUT'].map((method) => `${method} s3.far.example`),
      'PUT urls.far.example',
    ]);
  });

  it('is reached through it also by a task, which works in a thread with an environment of its own', async () => {
    const server = await bucketServer();
    const proxy = await forwardProxy(server.endpoint);
    environment({ HTTP_PROXY: proxy.url, NO_PROXY: '' });
    const { dir, source } = await bucketStage(server.endpoint);
    writeFileSync(join(source, 'state'), 'kept');
    const destination = { url: 'http://urls.far.example/bucket/app', scratch: join(dir, 'scratch') };
    const { result } = await attempt('snapshot', { source, destination });
    expect(result).toMatchObject({ outcome: 'failed', reason: expect.stringContaining('it answered 403') });
    expect(proxy.seen).toEqual(['PUT urls.far.example']);
  });

  it('is reached straight where NO_PROXY names it', async () => {
    const server = await bucketServer();
    const proxy = await forwardProxy(server.endpoint);
    environment({ HTTP_PROXY: proxy.url, NO_PROXY: '.svc,127.0.0.1' });
    const stage = await bucketStage(server.endpoint);
    writeFileSync(join(stage.source, 'state'), 'kept');
    expect(await stage.take()).toMatchObject({ kind: 'taken' });
    expect(proxy.seen).toEqual([]);
  });

  it.each([
    [
      'a proxy that does not lead there',
      (url: string) => url,
      'the proxy of the environment does not lead to far.example',
    ],
    [
      'a proxy that is none',
      () => 'http://[::1',
      'HTTPS_PROXY or HTTP_PROXY of the environment is not the URL of a proxy',
    ],
  ])('is not reached through %s, which is said', async (_what, proxied, reason) => {
    const proxy = await forwardProxy('http://127.0.0.1:9');
    environment({ HTTPS_PROXY: proxied(proxy.url), NO_PROXY: '' });
    const stage = await bucketStage('https://far.example');
    writeFileSync(join(stage.source, 'state'), 'kept');
    const sent = send('https://far.example/app');
    await expect(sent).rejects.toThrow(reason);
    expect(JSON.stringify(await stage.take())).toContain(reason);
  });
});

const UPLOAD = {
  kind: 'upload',
  method: 'PUT',
  shown: 'far.example',
  headers: {},
  unixSocket: undefined,
  ca: undefined,
  insecureSkipTLSVerify: false,
  scratch: '/tmp',
} as const;

function send(url: string): Promise<void> {
  const body = { bytes: 0, md5: Buffer.alloc(16), body: nothing() };
  return sendArchive({ ...UPLOAD, url }, body, new AbortController().signal);
}

async function* nothing(): AsyncGenerator<Buffer, void, void> {}
