import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../../helpers/temporary-folder.ts';
import { actionOf, attempt, begin } from '../attempt.ts';
import { treeOf } from '../snapshot/trees.ts';

const SECRET = 'X-Amz-Signature=0123456789abcdef';

interface Place {
  readonly dir: string;
  readonly source: string;
  readonly scratch: string;
}

async function place(bytes = 3_000_000): Promise<Place> {
  const dir = await temporaryFolder();
  const at = { dir, source: join(dir, 'source'), scratch: join(dir, 'scratch') };
  mkdirSync(at.source);
  mkdirSync(at.scratch);
  writeFileSync(join(at.source, 'state'), randomBytes(bytes));
  return at;
}

async function serve(listener: RequestListener, onExpect?: RequestListener): Promise<string> {
  const server = createServer(listener);
  if (onExpect !== undefined) server.on('checkContinue', onExpect);
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `http://127.0.0.1:${address.port}`;
}

interface Taken {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** A server that takes everything. */
async function taker(): Promise<{ readonly url: string; readonly taken: Taken[] }> {
  const taken: Taken[] = [];
  const url = await serve((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method, headers } = request;
      taken.push({ method, url: request.url, headers, body: Buffer.concat(chunks) });
      response.end();
    });
  });
  return { url, taken };
}

describe('a snapshot to a URL', () => {
  it('is one request with the length and MD5 of an archive that tar reads', async () => {
    const { dir, source, scratch } = await place();
    const { url, taken } = await taker();
    const destination = { url: `${url}/app.tar?${SECRET}`, headers: { 'X-Token': 'secret' }, scratch };
    const { result, lines } = await attempt('snapshot', { source, destination, format: 'tar' });
    expect(result).toEqual({ outcome: 'succeeded' });
    expect(lines).toEqual([expect.stringMatching(new RegExp(`^kept ${url}/app\\.tar: 1 file, 3\\.0 MB in `))]);
    const [{ method, headers, body } = { headers: {}, body: Buffer.alloc(0) }] = taken;
    expect(taken).toMatchObject([{ url: `/app.tar?${SECRET}` }]);
    expect(method).toBe('PUT');
    expect(headers).toMatchObject({
      'content-length': String(body.length),
      'content-md5': createHash('md5').update(body).digest('base64'),
      'x-token': 'secret',
    });
    mkdirSync(join(dir, 'unpacked'));
    execFileSync('tar', ['xf', '-', '-C', join(dir, 'unpacked')], { input: body });
    expect(treeOf(join(dir, 'unpacked'), 1000)).toEqual(treeOf(source, 1000));
    expect(readdirSync(scratch)).toEqual([]);
  });

  it('finds the URL in a file or a captured value, and shows neither', async () => {
    const { dir, source, scratch } = await place(10);
    const { url, taken } = await taker();
    const secret = `${url}/secret-path?${SECRET}`;
    const urlFile = join(dir, 'url');
    writeFileSync(urlFile, `${secret}\n`);
    for (const [destination, shown] of [
      [{ urlFile, scratch }, `the URL in ${urlFile}`],
      [{ urlVariable: 'uploadUrl', scratch }, 'the URL captured as uploadUrl'],
    ] as const) {
      const action = actionOf('snapshot', { source, destination });
      expect(action.summary).toBe(`snapshot ${source} to ${shown}`);
      const { result, lines } = begin(action, { captured: { uploadUrl: secret } });
      expect(await result).toEqual({ outcome: 'succeeded' });
      expect(lines.join('\n')).toContain(`kept ${shown}: 1 file`);
      expect(lines.join('\n')).not.toMatch(/Signature|secret-path/);
    }
    expect(taken.map((each) => each.url)).toEqual(Array(2).fill(`/secret-path?${SECRET}`));
  });

  it.each<[what: string, listener: RequestListener, reason: RegExp, retryable: boolean]>([
    [
      'answers 500',
      (request, response) => request.resume().on('end', () => response.writeHead(500).end()),
      /: it answered 500$/,
      true,
    ],
    [
      'answers 200 before it has all',
      (_request, response) => response.writeHead(200).end(),
      /(it answered before it had all|connection reset by .*)$/,
      true,
    ],
    [
      'resets the connection in the middle',
      (request) => request.once('data', () => request.socket.resetAndDestroy()),
      /: connection reset by 127\.0\.0\.1:\d+$/,
      true,
    ],
  ])('fails without the URL where the server %s', async (_what, listener, reason, retryable) => {
    const { source, scratch } = await place();
    const url = await serve(listener);
    const destination = { url: `${url}/app?${SECRET}`, scratch };
    const { result } = await attempt('snapshot', { source, destination, format: 'tar' });
    expect(result).toEqual({ outcome: 'failed', reason: expect.stringMatching(reason), retryable });
    expect(JSON.stringify(result)).not.toContain('Signature');
    expect(readdirSync(scratch)).toEqual([]);
  });

  it('is not sent at all where the server refuses it at once', async () => {
    const { source, scratch } = await place();
    let bytes = 0;
    const url = await serve(
      () => {},
      (request, response) => {
        request.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
        });
        response.writeHead(403).end();
      },
    );
    const { result } = await attempt('snapshot', { source, destination: { url, scratch }, format: 'tar' });
    expect(result).toMatchObject({ reason: expect.stringMatching(/: it answered 403$/), retryable: false });
    expect(bytes).toBe(0);
  });

  it('is broken off when its time is over, and leaves nothing', async () => {
    const { source, scratch } = await place(30_000_000);
    const begun = Promise.withResolvers<void>();
    const left = Promise.withResolvers<void>();
    const broken = Promise.withResolvers<boolean>();
    const url = await serve((request) => {
      request.once('data', () => {
        request.pause();
        begun.resolve();
        void left.promise.then(() => request.resume());
      });
      request.once('close', () => broken.resolve(request.complete));
    });
    const underway = begin(actionOf('snapshot', { source, destination: { url, scratch }, format: 'tar' }));
    await begun.promise;
    underway.stop();
    expect(await underway.result).toEqual({ outcome: 'failed', reason: 'was told to stop', retryable: true });
    left.resolve();
    expect(await broken.promise).toBe(false);
    expect(readdirSync(scratch)).toEqual([]);
  });

  it('is made of enough, or not sent', async () => {
    const { source, scratch } = await place(10);
    const { url, taken } = await taker();
    const { result } = await attempt('snapshot', { source, destination: { url, scratch }, minFiles: 2 });
    expect(result).toMatchObject({ outcome: 'failed', reason: expect.stringMatching(/^has only 1 file/) });
    expect(taken).toEqual([]);
  });

  it('may also be a fetched file, which is on the disk meanwhile', async () => {
    const { scratch } = await place();
    const { url, taken } = await taker();
    const from = await serve((_request, response) => response.end('fetched'));
    const source = { url: from, as: 'state' };
    expect(await attempt('snapshot', { source, destination: { url, scratch } })).toMatchObject({
      result: { outcome: 'succeeded' },
    });
    expect(taken).toHaveLength(1);
    expect(readdirSync(scratch)).toEqual([]);
  });
});

describe('what is wrong with a destination', () => {
  it.each([
    ['no path', 's3:/bucket', 'must be an absolute path, or s3://BUCKET/PREFIX'],
    ['no bucket', 's3:///p', 'must be an absolute path, or s3://BUCKET/PREFIX'],
    ['a prefix that goes up', 's3://bucket/a/../b', 'must have behind the bucket a prefix such as team/app, without'],
    ['a bucket that is too short', 's3://b/p', "must have behind s3:// a bucket's name of 3 to 63 letters, digits"],
    ['the same in a map', { bucket: 'b' }, "must be a bucket's name of 3 to 63 letters, digits"],
    ['half of the credentials', { bucket: 'bucket', accessKeyIdFile: '/id' }, 'must have both accessKeyIdFile and'],
    ['a part that is too small', { bucket: 'bucket', partSize: '1Mi' }, 'must be from 5Mi to 256Mi'],
    ['two URLs', { urlFile: '/a', urlVariable: 'b' }, 'must have exactly one of url, urlFile, urlVariable'],
    ['no URL', { scratch: '/a' }, 'must have exactly one of url, urlFile, urlVariable'],
  ])('is told: %s', (_what, destination, message) => {
    expect(() => actionOf('snapshot', { source: '/a', destination })).toThrow(message);
  });

  it('is told by check where it depends on the machine', async () => {
    const { source } = await place(1);
    const told = (destination: unknown) =>
      actionOf('snapshot', { source, destination })
        .check()
        .map(({ path, severity }) => [path.join('.'), severity]);
    expect(told({ bucket: 'bucket', accessKeyIdFile: '/no', secretAccessKeyFile: '/no', ca: '/no' })).toEqual(
      ['accessKeyIdFile', 'secretAccessKeyFile', 'ca'].map((key) => [`destination.${key}`, 'error']),
    );
    expect(told({ urlFile: '/no', scratch: '/no/no' })).toEqual([
      ['destination.urlFile', 'warning'],
      ['destination.scratch', 'error'],
    ]);
    const inSource = actionOf('snapshot', { source, destination: { urlVariable: 'x', scratch: source } });
    expect(inSource.checkText?.()).toMatchObject([{ path: ['destination', 'scratch'], severity: 'error' }]);
    expect(actionOf('snapshot', { source, destination: { urlVariable: 'x' } }).uses).toEqual([
      { name: 'x', path: ['destination', 'urlVariable'] },
    ]);
  });
});
