import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startChild } from '../../src/rehearse/child.ts';
import { runProgram } from '../helpers/program.ts';
import { json } from '../helpers/request.ts';
import { listen } from './fake-server.ts';
import { hooks, postStart, preStop, stage } from './stage.ts';

describe('the built program', () => {
  it('saves a folder under heavy writes, lists it as whole, and restores it when the pod starts', async () => {
    const { dir, configure, start } = await stage();
    const [source, destination, to] = ['source', 'snapshots', 'restored'].map((name) => join(dir, name));
    if (source === undefined || destination === undefined || to === undefined) throw new Error('no folders');
    mkdirSync(source);
    // Most of the content: no snapshot is much smaller than the one before it.
    const steady = Buffer.alloc(2_000_000, 'steady');
    writeFileSync(join(source, 'steady'), steady);
    const writers = `cd ${source}; i=0; while :; do i=$((i+1)); head -c 300000 /dev/urandom > big; echo $i >> log; echo $i > new.$i; rm -f new.$((i-5)); mkdir -p d; mv -f new.$((i-1)) d/x 2>/dev/null; done`;
    for (let count = 0; count < 2; count += 1) {
      const writer = startChild('sh', ['-c', writers], { PATH: process.env['PATH'] });
      onTestFinished(() => writer.kill('SIGKILL'));
    }
    await configure(
      hooks({
        preStop: [{ name: 'save', snapshot: { source, destination } }],
        postStart: [{ name: 'back', restore: { from: destination, to } }],
      }),
    );
    const service = await start();
    expect(json(await postStart(service))).toMatchObject({
      outcome: 'succeeded',
      tasks: [{ name: 'back', outcome: 'skipped', reason: `there is no snapshot of app in ${destination}` }],
    });
    for (let count = 0; count < 5; count += 1) {
      expect(json(await preStop(service))).toMatchObject({ outcome: 'succeeded' });
      expect(json(await postStart(service))).toMatchObject({
        outcome: 'succeeded',
        tasks: [{ outcome: count === 0 ? 'succeeded' : 'skipped' }],
      });
    }
    const listed = await runProgram(['snapshots', '--from', destination]);
    expect(listed).toMatchObject({ code: 0, stderr: '' });
    expect(listed.stdout.trim().split('\n')).toEqual([
      expect.stringMatching(/^SNAPSHOT +FILES +CONTENT +ARCHIVE +STATE$/),
      ...Array.from({ length: 3 }, () =>
        expect.stringMatching(/^app-\d{8}T\d{9}Z\.tar\.zst +\d+ +[\d.]+ [KM]B +.* good$/),
      ),
    ]);
    expect(readFileSync(join(to, 'steady')).equals(steady)).toBe(true);
    expect(readdirSync(destination).filter((file) => file.startsWith('.'))).toEqual([]);
  });

  it('has thawed the app when it answers, also where the grace is short and the thaw slow', async () => {
    const { dir, task, configure, start, processes } = await stage();
    const hanging = await listen(createServer((_request, response) => void response.write('never whole')));
    const url = `http://127.0.0.1:${hanging.port}/dump`;
    const thawed = join(dir, 'thawed');
    const thaw = task('thaw', `sleep 2.2; touch ${thawed}`)['exec'];
    await configure(
      hooks(
        {
          preStop: [
            {
              name: 'save',
              snapshot: { source: { url, as: 'dump' }, destination: join(dir, 'snapshots'), after: [{ exec: thaw }] },
            },
          ],
        },
        { grace: { period: '8s', reserve: '2s' } },
      ),
    );
    const reply = await preStop(await start());
    expect(processes()).toEqual([]);
    expect(existsSync(thawed)).toBe(true);
    expect(json(reply)).toMatchObject({ tasks: [{ name: 'save', outcome: 'timedOut' }] });
  });

  it('finds a bad snapshot, and restores the one before it', async () => {
    const { dir, configure, start } = await stage();
    const source = join(dir, 'source');
    const destination = join(dir, 'snapshots');
    const to = join(dir, 'restored');
    mkdirSync(source);
    await configure(hooks({ preStop: [{ name: 'save', snapshot: { source, destination } }] }));
    const service = await start();
    for (const text of ['one', 'two']) {
      writeFileSync(join(source, 'state'), text);
      await preStop(service, { headers: { 'Idempotency-Key': text } });
    }
    const [, newest = ''] = readdirSync(destination).filter((file) => file.endsWith('.tar.zst'));
    const fd = openSync(join(destination, newest), 'r+');
    writeSync(fd, 'x', 50);
    closeSync(fd);
    const listed = await runProgram(['snapshots', '--from', destination, '--name', 'app']);
    expect(listed.code).toBe(1);
    expect(listed.stdout).toMatch(new RegExp(`^${newest} .* BAD: `, 'm'));
    expect(listed.stdout).toMatch(/ good$/m);
    const args = ['restore', '--from', destination, '--to', to];
    const restored = await runProgram(args);
    expect(restored).toMatchObject({ code: 0 });
    expect(restored.stdout).toMatch(
      new RegExp(`^WARNING: passed over ${newest}, which .*\nrestored app-.* into ${to}: 1 file, 3 bytes\n$`),
    );
    expect(readFileSync(join(to, 'state'), 'utf8')).toBe('one');
    expect(await runProgram(args)).toMatchObject({
      code: 1,
      stdout: `Nothing was restored: ${to} is not empty; --overwrite replaces what is in it\n`,
    });
    expect(await runProgram([...args, '--overwrite'])).toMatchObject({ code: 0 });
    expect(await runProgram([...args, '--overwrite', '--archive', newest])).toMatchObject({ code: 1 });
    expect(await runProgram(['restore', '--from', destination])).toMatchObject({ code: 2 });
    expect(await runProgram(['restore', '--from', destination, '--to', join(destination, 'x')])).toMatchObject({
      code: 1,
    });
    expect(await runProgram(['snapshots'])).toMatchObject({ code: 2 });
    expect(await runProgram(['snapshots', '--from', dir])).toMatchObject({
      code: 0,
      stdout: `There is no snapshot in ${dir}\n`,
    });
    expect(await runProgram(['snapshots', '--from', join(dir, 'mistyped')])).toMatchObject({
      code: 1,
      stdout: `There is no folder ${join(dir, 'mistyped')}; name the destination of the snapshots with --from\n`,
    });
  });

  it('that runs out of time with a snapshot leaves the last good one, and nothing else', async () => {
    const { dir, configure, start } = await stage();
    const source = join(dir, 'source');
    const destination = join(dir, 'snapshots');
    mkdirSync(source);
    writeFileSync(join(source, 'state'), 'state');
    const save = (limit: string, timeout: string) =>
      configure(hooks({ preStop: [{ name: 'save', snapshot: { source, destination, limit }, timeout }] }));
    await save('1GB/s', '20s');
    const first = await start();
    await preStop(first);
    const before = readdirSync(destination);
    expect(before).toHaveLength(4);
    first.kill('SIGKILL');
    await first.exited;
    writeFileSync(join(source, 'large'), Buffer.alloc(5_000_000));
    await save('1KB/s', '1s');
    const service = await start();
    expect(json(await preStop(service, { headers: { 'Idempotency-Key': 'second' } }))).toMatchObject({
      outcome: 'timedOut',
      tasks: [{ outcome: 'timedOut', reason: 'ran out of its timeout of 1 s (was told to stop)' }],
    });
    expect(readdirSync(destination)).toEqual(before);
  });
});
