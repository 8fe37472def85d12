import { randomBytes } from 'node:crypto';
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { startFauxqs } from 'fauxqs';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { systemClock } from '../../../src/hooks/clock.ts';
import { temporaryFile } from '../../../src/tasks/snapshot/file-names.ts';
import { clientSettings, openBucket } from '../../../src/tasks/snapshot/open-bucket.ts';
import { plainBucket } from '../../../src/tasks/snapshot/place.ts';
import { Stopped } from '../../../src/tasks/snapshot/problem.ts';
import { openClient } from '../../../src/tasks/snapshot/s3-client.ts';
import { standStillConnecting } from '../../helpers/stands-still.ts';
import { type BucketServer, bucketServer, KEYS } from '../../object-storage/bucket-server.ts';
import { type BucketStage, bucketStage } from './bucket-stage.ts';
import { plainControl } from './stage.ts';
import { treeOf } from './trees.ts';

/** Enough for three parts. */
const LARGE_BYTES = 12_000_000;

function fill({ source }: BucketStage, bytes = LARGE_BYTES): void {
  mkdirSync(join(source, 'folder'), { recursive: true });
  for (const [name, content] of [
    ['folder/small', 'small'],
    ['large', randomBytes(bytes)],
  ] as const) {
    writeFileSync(join(source, name), content);
    // What was written just now is read twice.
    utimesSync(join(source, name), 1_700_000_000, 1_700_000_000);
  }
}

const keysOf = ({ objects }: BucketServer) => [...objects.keys()].toSorted();

const latestIn = ({ objects }: BucketServer) => `team/app/${objects.get('team/app/app.latest')?.toString()}`;

/** The bucket holds whole snapshots and the pointer to the newest, and nothing else; gives the archives. */
function wholeOnly(server: BucketServer): string[] {
  const archives = keysOf(server).filter((key) => key.endsWith('.tar'));
  const whole = archives.flatMap((key) => [key, `${key}.json`, `${key}.sha256`]);
  expect(keysOf(server)).toEqual([...whole, 'team/app/app.latest'].toSorted());
  expect([...server.uploads]).toEqual([]);
  expect(latestIn(server)).toBe(`${archives.at(-1)}\n`);
  return archives;
}

async function double(keys = KEYS): Promise<{ on: BucketStage; server: BucketServer }> {
  const server = await bucketServer(keys);
  return { server, on: await bucketStage(server.endpoint, keys) };
}

describe('snapshots in the bucket of a server that is not ours', () => {
  it('are sent in parts, listed, kept, verified and restored', async () => {
    const server = await startFauxqs({ port: 0, logger: false });
    onTestFinished(() => server.stop());
    server.createBucket('bucket');
    const on = await bucketStage(server.address.replace('0.0.0.0', '127.0.0.1'));
    fill(on);
    for (let count = 0; count < 3; count += 1) {
      expect(await on.take({ keep: 2 })).toMatchObject({
        kind: 'taken',
        taken: { removed: count === 2 ? [expect.stringMatching(/^app-/)] : [], debris: [] },
      });
    }
    expect(await on.damages()).toEqual([undefined, undefined]);
    expect(await on.restore()).toMatchObject({ kind: 'restored', restored: { kind: 'restored', passedOver: [] } });
    expect(treeOf(on.to)).toEqual(treeOf(on.source));
  });
});

describe('a snapshot in a bucket', () => {
  it('come though this process stood still while it connected, and nobody listens at the other address', async () => {
    const { on, server } = await double();
    fill(on, 1000);
    standStillConnecting(300);
    const endpoint = server.endpoint.replace('127.0.0.1', 'storage.test');
    expect(await on.take({ destination: { ...on.place, endpoint } })).toMatchObject({ kind: 'taken' });
  });

  it('has an archive with its checksum and manifest, and says which is the latest', async () => {
    const { on, server } = await double();
    fill(on);
    const end = await on.take();
    const [archive = ''] = wholeOnly(server);
    expect(end).toMatchObject({ kind: 'taken', taken: { manifest: { files: 2, folders: 1, smaller: null } } });
    expect(archive).toMatch(/^team\/app\/app-\d{8}T\d{9}Z\.tar$/);
    expect(server.requests.filter((line) => line.includes('partNumber='))).toHaveLength(3);
  });

  it('with a session token is signed with it', async () => {
    const { on, server } = await double({ ...KEYS, sessionToken: 'a token of the tests' });
    fill(on, 10);
    expect(await on.take()).toMatchObject({ kind: 'taken' });
    wholeOnly(server);
  });

  it('does not take the place of one that is larger', async () => {
    const { on, server } = await double();
    fill(on);
    await on.take();
    const [first] = wholeOnly(server);
    fill(on, 10);
    expect(await on.take()).toMatchObject({
      taken: { manifest: { smaller: expect.stringMatching(/^has only 2 files/) } },
    });
    expect(latestIn(server)).toBe(`${first}\n`);
    expect(await on.take({ onSmaller: 'fail' })).toMatchObject({ kind: 'failed', retryable: false });
    expect(keysOf(server)).toHaveLength(2 * 3 + 1);
    expect([...server.uploads]).toEqual([]);
    await on.restore();
    expect(treeOf(on.to)['large']).toMatchObject({ size: LARGE_BYTES });
  });

  it('that is damaged is found, and passed over when the newest is restored', async () => {
    const { on, server } = await double();
    fill(on);
    await on.take();
    await on.take();
    const [, newest = ''] = wholeOnly(server);
    server.objects.get(newest)?.writeUInt8(1, 8_000_000);
    expect(await on.damages()).toEqual(['is damaged: its SHA-256 is another', undefined]);
    expect(await on.restore()).toMatchObject({
      restored: { passedOver: [{ file: newest.slice('team/app/'.length) }] },
    });
    expect(treeOf(on.to)).toEqual(treeOf(on.source));
  });

  it('goes when it is too old, though the server takes its time to remove it', async () => {
    const { on, server } = await double();
    fill(on, 10);
    await on.take();
    server.fate = (method, url) => (method === 'DELETE' && url.includes('.tar?') ? 'slow' : 'answer');
    expect(await on.take({ keep: 1 })).toMatchObject({ kind: 'taken', taken: { removed: [expect.any(String)] } });
    expect(wholeOnly(server)).toHaveLength(1);
  });

  it('is restored though the connection breaks again and again', async () => {
    const { on, server } = await double();
    fill(on);
    await on.take();
    let breaks = 0;
    server.fate = (method, url) => (method === 'GET' && url.includes('.tar?') && breaks++ < 6 ? 'reset' : 'answer');
    expect(await on.restore()).toMatchObject({ kind: 'restored' });
    expect(breaks).toBe(7);
    expect(treeOf(on.to)).toEqual(treeOf(on.source));
  });
});

/** Stops the job when `when` holds. */
function stoppingWhen(when: () => boolean) {
  return {
    ...plainControl,
    clock: systemClock,
    throwIfStopped() {
      if (when()) throw new Stopped();
    },
  };
}

describe('the last good snapshot in a bucket', () => {
  async function withGood() {
    const { on, server } = await double();
    fill(on);
    await on.take();
    return { on, server, before: keysOf(server), archives: wholeOnly(server) };
  }

  it.each<[what: string, fate: (method: string, url: string) => boolean]>([
    ['half of a part', (_method, url) => url.includes('partNumber=2')],
    ['the completion', (method, url) => method === 'POST' && url.includes('uploadId=')],
    ['the copy to its own name', (method, url) => method === 'PUT' && /\.tar\?x-id=Copy/.test(url)],
    ['the manifest', (method, url) => method === 'PUT' && url.includes('.json')],
  ])('stays when the server breaks at %s, and nothing else does', async (_what, isBad) => {
    const { on, server, before } = await withGood();
    let hits = 0;
    server.fate = (method, url) => {
      if (!isBad(method, url)) return 'answer';
      hits += 1;
      return url.includes('partNumber') ? 'reset' : 500;
    };
    expect(await on.take()).toMatchObject({ kind: 'failed', retryable: true });
    // The client tries again by itself.
    expect(hits).toBeGreaterThan(1);
    expect(keysOf(server)).toEqual(before);
    wholeOnly(server);
    expect(await on.damages()).toEqual([undefined]);
  });

  it.each([
    ['heard nothing for too long, which Amazon says with 400: it may be tried again', 400, true],
    ['does not permit it: it need not be tried again', 403, false],
  ])('stays when the server %s', async (_what, status, retryable) => {
    const { on, server, before } = await withGood();
    server.fate = (_method, url) => (url.includes('partNumber=2') ? status : 'answer');
    expect(await on.take()).toMatchObject({ kind: 'failed', retryable });
    expect(keysOf(server)).toEqual(before);
  });

  it.each([
    ['in the middle of an upload', false],
    ['when an upload has begun, and the client does not know it yet', true],
  ])('stays when the time is over %s, which is aborted', async (_what, early) => {
    const { on, server, before } = await withGood();
    const told = Promise.withResolvers<void>();
    if (early) server.held = told.promise;
    const end = await on.take(
      {},
      stoppingWhen(() => {
        const isBegun = [...server.uploads.values()].some(({ parts }) => early || parts.size > 0);
        // By then the job has broken off what it may.
        if (isBegun) setTimeout(told.resolve, 200);
        return isBegun;
      }),
    );
    expect(end).toEqual({ kind: 'failed', reason: 'was told to stop', retryable: true });
    expect(server.requests.filter((line) => line.startsWith('DELETE') && line.includes('uploadId='))).toHaveLength(1);
    expect(keysOf(server)).toEqual(before);
    wholeOnly(server);
  });

  it('stays when what was stored is not what was sent', async () => {
    const { on, server, before } = await withGood();
    server.fate = (method, url) => {
      const stored = keysOf(server).find((key) => key.endsWith('.tmp'));
      if (method === 'GET' && url.includes('.tmp')) server.objects.get(stored ?? '')?.writeUInt8(7, 3_000_000);
      return 'answer';
    };
    expect(await on.take()).toEqual({
      kind: 'failed',
      reason: 'what was written is damaged: its SHA-256 is another',
      retryable: true,
    });
    expect(keysOf(server)).toEqual(before);
  });
});

describe('what a killed writer left in a bucket', () => {
  const dead = { host: hostname(), pid: 4_194_999, start: 1, job: 1 };

  it('goes with the next snapshot, and what a living one writes stays', async () => {
    const { on, server } = await double();
    fill(on, 10);
    const left = `team/app/${temporaryFile('app', dead, 'archive')}`;
    const others = `team/app/${temporaryFile('app', { ...dead, host: 'another-pod' }, 'archive')}`;
    server.uploads.set('left', { key: left, parts: new Map() });
    server.uploads.set('living', { key: others, parts: new Map() });
    await on.take();
    server.objects.set('team/app/app-20260101T000000000Z.tar.json', Buffer.from('{}'));
    expect([...server.uploads.keys()]).toEqual(['living']);
    server.uploads.clear();
    expect(await on.take()).toMatchObject({ taken: { debris: ['app-20260101T000000000Z.tar.json'] } });
    wholeOnly(server);
  });

  it('stays, and is named, where it may not be removed: a snapshot is taken all the same', async () => {
    const { on, server } = await double();
    fill(on, 10);
    const left = `team/app/${temporaryFile('app', dead, 'archive')}`;
    server.objects.set(left, Buffer.from('left'));
    server.uploads.set('left', { key: left, parts: new Map() });
    server.fate = (method) => (method === 'DELETE' ? 403 : 'answer');
    const why = `cannot remove s3://bucket/${left}: the credentials do not permit it (AccessDenied, 403)`;
    expect(await on.take()).toMatchObject({ kind: 'taken', taken: { debris: [], stuck: [why, why] } });
    for (let job = 2; job < 9; job += 1) {
      server.objects.set(`team/app/${temporaryFile('app', { ...dead, job }, 'archive')}`, Buffer.from('left'));
    }
    expect(await on.take()).toMatchObject({ kind: 'taken', taken: { stuck: { length: 5 } } });
  });

  it('stays where the server cannot list uploads', async () => {
    const { on, server } = await double();
    fill(on, 10);
    server.fate = (method, url) => (method === 'GET' && /[?&]uploads/.test(url) ? 501 : 'answer');
    expect(await on.take()).toMatchObject({ kind: 'taken' });
    wholeOnly(server);
  });
});

describe('a bucket that cannot be used', () => {
  it.each<
    [what: string, reason: RegExp, change: (on: BucketStage, server: BucketServer) => Partial<BucketStage['place']>]
  >([
    [
      'for a wrong secret',
      /^cannot list s3:\/\/bucket\/team\/app\/\.app~…: the secret access key is wrong \(SignatureDoesNotMatch, 403\)$/,
      ({ dir }) => {
        writeFileSync(join(dir, 'secret'), 'wrong');
        return {};
      },
    ],
    [
      'for a key that is not known',
      /the server does not know the access key ID \(InvalidAccessKeyId, 403\)$/,
      ({ dir }) => {
        writeFileSync(join(dir, 'id'), 'wrong');
        return {};
      },
    ],
    [
      'for a file that is missing',
      /cannot read accessKeyIdFile, \/no: it is not there \(ENOENT\)$/,
      ({ place }) => {
        return place.keyFiles === undefined ? {} : { keyFiles: { ...place.keyFiles, accessKeyId: '/no' } };
      },
    ],
    ['as there is none', /there is no such bucket \(NoSuchBucket, 404\)$/, () => ({ bucket: 'other' })],
    ['as nobody listens', /connection refused by 127\.0\.0\.1:1$/, () => ({ endpoint: 'http://127.0.0.1:1' })],
  ])('%s says so', async (_what, reason, change) => {
    const { on, server } = await double();
    fill(on, 10);
    const destination = { ...on.place, ...change(on, server) };
    const end = await on.take({ destination });
    expect(end).toMatchObject({ kind: 'failed', reason: expect.stringMatching(reason) });
    expect(JSON.stringify(end)).not.toContain(KEYS.secretAccessKey);
  });
});

describe('the environment of a bucket', () => {
  const place = plainBucket('bucket', 'app');

  it('has an endpoint and a region, where the config has none', () => {
    const env = { AWS_ENDPOINT_URL_S3: '', AWS_ENDPOINT_URL: 'http://minio:9000', AWS_DEFAULT_REGION: 'eu-central-1' };
    expect(clientSettings(place, env)).toMatchObject({ endpoint: 'http://minio:9000', region: 'eu-central-1' });
    expect(
      clientSettings({ ...place, endpoint: 'http://own/', region: 'own' }, { AWS_ENDPOINT_URL: 'minio' }),
    ).toMatchObject({ endpoint: 'http://own/', region: 'own' });
    expect(clientSettings(place, {})).toMatchObject({ endpoint: undefined, region: 'us-east-1' });
  });

  it.each([
    [
      { AWS_ENDPOINT_URL: 'minio:9000' },
      'cannot use AWS_ENDPOINT_URL of the environment: it must be an http or https URL, such as http://minio:9000',
    ],
    [{ AWS_ENDPOINT_URL_S3: '127.0.0.1:9000' }, /^cannot use AWS_ENDPOINT_URL_S3 of the environment/],
    [
      { AWS_REGION: 'eu central' },
      'cannot use AWS_REGION of the environment: it must be a region, such as eu-central-1',
    ],
  ])('is refused where it makes no sense: %j', (env, problem) => {
    expect(() => clientSettings(place, env)).toThrow(problem);
  });

  it('is named where its server takes no connection', async () => {
    const on = await bucketStage('http://127.0.0.1:1');
    vi.stubEnv('AWS_ENDPOINT_URL', 'http://127.0.0.1:1');
    onTestFinished(() => void vi.unstubAllEnvs());
    const end = await on.take({ destination: { ...on.place, endpoint: undefined } });
    expect(end).toMatchObject({ reason: expect.stringMatching(/connection refused by 127\.0\.0\.1:1$/) });
  });
});

describe('an archive that is larger than a server copies in one request', () => {
  it('is copied in parts', async () => {
    const { on, server } = await double();
    const { signal } = new AbortController();
    using client = openClient(clientSettings(on.place, {}), signal);
    const bucket = openBucket(client, on.place, signal, 5 * 1024 ** 2);
    const content = randomBytes(LARGE_BYTES);
    server.objects.set('from it', content);
    await bucket.copy('from it', 'to/that', LARGE_BYTES);
    expect(server.objects.get('to/that')?.equals(content)).toBe(true);
    expect(server.requests.filter((line) => line.includes('partNumber='))).toHaveLength(3);
  });
});

describe('a server that copies for longer than it may be silent else', () => {
  it.each([
    [LARGE_BYTES, 1],
    [LARGE_BYTES - 1, 2],
  ])('is waited for, in one request or in parts', async (partBytes, requests) => {
    const { on, server } = await double();
    server.objects.set('from', randomBytes(LARGE_BYTES));
    server.fate = (_method, url) => (/x-id=(Copy|UploadPartCopy)/.test(url) ? 'slow' : 'answer');
    const copyWithin = async (mostOfCopyMs: number) => {
      const { signal } = new AbortController();
      using client = openClient(clientSettings(on.place, {}), signal, { mostMs: 500, mostOfCopyMs });
      using bucket = openBucket(client, on.place, signal, partBytes);
      await bucket.copy('from', 'to', LARGE_BYTES);
    };
    await expect(copyWithin(500)).rejects.toThrow('the server did not answer in time');
    server.requests.length = 0;
    await copyWithin(20_000);
    expect(server.requests.filter((line) => /x-id=(Copy|UploadPartCopy)/.test(line))).toHaveLength(requests);
  });
});

describe('the limit', () => {
  it('holds for what is sent and for what is read back', async () => {
    const { on } = await double();
    fill(on, 1_000_000);
    const begunMs = performance.now();
    expect(await on.take({ limitBytesPerS: 2_000_000 })).toMatchObject({ kind: 'taken' });
    // Half a second for each way: a slow machine takes longer, and none takes less.
    expect(performance.now() - begunMs).toBeGreaterThan(950);
  });
});

describe('a snapshot in a bucket that fetches nothing', () => {
  it('needs no folder for what it fetches', async () => {
    const { on, server } = await double();
    fill(on, 10);
    expect(await on.take({ destination: { ...on.place, scratch: join(on.dir, 'no') } })).toMatchObject({
      kind: 'taken',
    });
    wholeOnly(server);
  });
});
