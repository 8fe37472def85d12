import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeManifest } from '../../src/tasks/snapshot/manifest.ts';
import { runProgram } from '../helpers/program.ts';
import { json } from '../helpers/request.ts';
import { within } from '../helpers/within.ts';
import { type BucketServer, bucketServer, KEYS } from '../object-storage/bucket-server.ts';
import { hooks, postStart, preStop, stage } from './stage.ts';

/** Enough for several parts, without compression. */
const LARGE_BYTES = 12_000_000;

async function place() {
  const on = await stage();
  const server = await bucketServer();
  const [source, to] = [join(on.dir, 'source'), join(on.dir, 'restored')];
  mkdirSync(source);
  const file = (name: string, content: string | Buffer) => {
    writeFileSync(join(on.dir, name), content);
    utimesSync(join(on.dir, name), 1_700_000_000, 1_700_000_000);
    return join(on.dir, name);
  };
  file('source/large', randomBytes(LARGE_BYTES));
  const destination = {
    bucket: 'bucket',
    prefix: 'app',
    endpoint: server.endpoint,
    accessKeyIdFile: file('id', KEYS.accessKeyId),
    secretAccessKeyFile: file('secret', KEYS.secretAccessKey),
    partSize: '5Mi',
  };
  const save = (fields: object = {}) => ({ name: 'save', snapshot: { source, destination, format: 'tar', ...fields } });
  const env = {
    AWS_ACCESS_KEY_ID: KEYS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: KEYS.secretAccessKey,
    AWS_ENDPOINT_URL_S3: server.endpoint,
    AWS_REGION: 'eu-west-1',
  };
  return { ...on, server, source, to, destination, save, env, file };
}

const archivesIn = ({ objects }: BucketServer) => [...objects.keys()].filter((key) => key.endsWith('.tar')).toSorted();

/** What the pointer names is there, and is what its manifest says. */
function checkLatest({ objects }: BucketServer): void {
  const key = `app/${objects.get('app/app.latest')?.toString().trim()}`;
  const manifest = decodeManifest(objects.get(`${key}.json`)?.toString() ?? '');
  const sha256 = createHash('sha256')
    .update(objects.get(key) ?? '')
    .digest('hex');
  expect(manifest).toMatchObject({ sha256, smaller: null });
}

async function until(what: string, holds: () => boolean): Promise<void> {
  const look = async () => {
    while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  await within(what, look());
}

describe('the built program with a bucket', () => {
  it('saves, lists and restores, by files and by the AWS environment', async () => {
    const { configure, start, save, server, source, to, destination, env } = await place();
    await configure(hooks({ preStop: [save()], postStart: [{ name: 'back', restore: { from: destination, to } }] }));
    const service = await start();
    expect(json(await preStop(service))).toMatchObject({ outcome: 'succeeded' });
    expect(json(await postStart(service))).toMatchObject({ outcome: 'succeeded' });
    const saved = readFileSync(join(source, 'large'));
    expect(readFileSync(join(to, 'large')).equals(saved)).toBe(true);
    const listed = await runProgram(['snapshots', '--from', 's3://bucket/app'], env);
    expect(listed).toMatchObject({ code: 0, stderr: '' });
    expect(listed.stdout).toMatch(/^app-\d{8}T\d{9}Z\.tar +1 +12\.0 MB +12\.0 MB +good$/m);
    const again = `${to}-again`;
    const restored = await runProgram(['restore', '--from', 's3://bucket/app', '--to', again], env);
    expect(restored).toMatchObject({ code: 0, stderr: '' });
    expect(readFileSync(join(again, 'large')).equals(saved)).toBe(true);
    const [archive = ''] = archivesIn(server);
    server.objects.get(archive)?.writeUInt8(1, 6_000_000);
    expect(await runProgram(['snapshots', '--from', 's3://bucket/app'], env)).toMatchObject({ code: 1 });
    const wrong = { ...env, AWS_SECRET_ACCESS_KEY: 'wrong' };
    const refused = await runProgram(['snapshots', '--from', 's3://bucket/app'], wrong);
    expect(refused).toMatchObject({
      code: 1,
      stdout: 'cannot list s3://bucket/app/…: the secret access key is wrong (SignatureDoesNotMatch, 403)\n',
    });
  });

  it('killed in the middle of an upload leaves the last good one, and the next run removes the rest', async () => {
    const { configure, start, save, server, env } = await place();
    await configure(hooks({ preStop: [save()] }));
    const first = await start();
    await preStop(first);
    const [good = ''] = archivesIn(server);
    const before = [...server.objects.keys()];
    // The second part never ends.
    const { fate } = server;
    server.fate = (_method, url) => (url.includes('partNumber=2') ? 'silence' : 'answer');
    const cut = preStop(first, { headers: { 'Idempotency-Key': 'second' } });
    await until('the second part', () => server.requests.filter((line) => line.includes('partNumber=2')).length > 1);
    first.kill('SIGKILL');
    await Promise.all([first.exited, cut]);
    expect(server.uploads.size).toBe(1);
    expect([...server.objects.keys()]).toEqual(before);
    expect(await runProgram(['snapshots', '--from', 's3://bucket/app'], env)).toMatchObject({ code: 0 });

    server.fate = fate;
    const second = await start();
    expect(json(await preStop(second, { headers: { 'Idempotency-Key': 'third' } }))).toMatchObject({
      outcome: 'succeeded',
    });
    expect(server.uploads.size).toBe(0);
    const archives = archivesIn(server);
    expect(archives).toEqual([good, expect.stringMatching(/\.tar$/)]);
    expect(server.objects.size).toBe(2 * 3 + 1);
    expect(`app/${server.objects.get('app/app.latest')?.toString()}`).toBe(`${archives[1]}\n`);
  });

  it('killed at any request of a snapshot never loses the last good one, and leaves nothing behind for long', async () => {
    const { configure, start, save, server, file } = await place();
    file('source/large', 'not large at all');
    await configure(hooks({ preStop: [save({ keep: 2 })] }));
    let service = await start();
    let requests = 0;
    server.fate = () => {
      requests += 1;
      return 'answer';
    };
    expect(json(await preStop(service))).toMatchObject({ outcome: 'succeeded' });
    const first = requests;
    const left = new Set<string>();
    for (let fatal = 1; fatal <= first + 3; fatal += 1) {
      let count = 0;
      server.fate = () => {
        count += 1;
        if (count === fatal) service.kill('SIGKILL');
        return 'answer';
      };
      await preStop(service, { headers: { 'Idempotency-Key': `killed-${fatal}` } });
      service.kill('SIGKILL');
      await service.exited;
      checkLatest(server);
      if (server.uploads.size > 0) left.add('upload');
      for (const key of server.objects.keys()) if (key.endsWith('.tmp')) left.add('temporary object');
      service = await start();
    }
    // Else the kills came at no bad time, and the test shows nothing.
    expect(left).toEqual(new Set(['upload', 'temporary object']));
    server.fate = () => 'answer';
    const last = await preStop(service, { headers: { 'Idempotency-Key': 'last' } });
    expect(json(last)).toMatchObject({ outcome: 'succeeded' });
    checkLatest(server);
    expect(server.uploads.size).toBe(0);
    const archives = archivesIn(server);
    const whole = archives.flatMap((key) => [key, `${key}.json`, `${key}.sha256`]);
    expect(archives).toHaveLength(2);
    expect([...server.objects.keys()].toSorted()).toEqual([...whole, 'app/app.latest'].toSorted());
  });

  it('that runs out of time aborts the upload, and leaves the last good one', async () => {
    const { configure, start, save, server } = await place();
    await configure(hooks({ preStop: [{ ...save(), timeout: '1s' }] }));
    server.fate = (_method, url) => (url.includes('partNumber=2') ? 'silence' : 'answer');
    const service = await start();
    expect(json(await preStop(service))).toMatchObject({
      outcome: 'timedOut',
      tasks: [{ outcome: 'timedOut', reason: 'ran out of its timeout of 1 s (was told to stop)' }],
    });
    expect(server.uploads.size).toBe(0);
    expect(server.objects.size).toBe(0);
    expect(server.requests.filter((line) => line.startsWith('DELETE') && line.includes('uploadId'))).toHaveLength(1);
  });
});
