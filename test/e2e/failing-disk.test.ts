import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { json } from '../helpers/request.ts';
import { folderBelowFile, limitedFiles, readOnlyFolder, smallFileSystem } from './disks.ts';
import { hooks, kubeletOf, metric, ops, postStart, preStop, stage } from './stage.ts';

describe('a journal that cannot be written', () => {
  it.each([
    ['its files cannot grow', limitedFiles],
    ['its file system is full', smallFileSystem],
  ])('as %s stops no run, is told everywhere, and is whole again when there is room', async (_why, makeDisk) => {
    const { dir, task, configure, start, executions } = await stage();
    const disk = await makeDisk(dir);
    const tasks = [task('first'), task('second'), { parallel: [task('third'), task('fourth')] }];
    await configure(hooks({ postStart: [task('hello')], preStop: tasks }));
    const service = await start({ journalDir: disk.journalDir });
    expect(json(await postStart(service))).not.toHaveProperty('notes');
    await disk.fill(service.pid);

    const reply = await preStop(service);
    expect(reply).toMatchObject({ kind: 'answered', status: 200 });
    const note = expect.stringMatching(/^the journal is kept in memory only, cannot write .*(EFBIG|ENOSPC)/);
    expect(json(reply)).toMatchObject({ outcome: 'succeeded', notes: [note] });
    expect(readdirSync(disk.journalDir).filter((name) => name !== 'journal.json')).toEqual([]);
    const ready = await ops(service, '/readyz');
    expect(ready).toMatchObject({ status: 200 });
    expect(json(ready)).toMatchObject({ ready: true, checks: { journal: { state: 'degraded' } } });
    expect(json(await ops(service, '/status'))).toMatchObject({ journal: { state: 'degraded' } });
    expect(await metric(service, 'hookkeeper_journal_degraded')).toBe(1);
    expect(service.log().filter(({ event }) => event === 'journal.degraded')).toMatchObject([{ level: 'error' }]);

    // Once holds in memory, too.
    expect(await kubeletOf(service).preStop()).toMatchObject({ kind: 'success', status: 200 });
    expect(executions().toSorted()).toEqual(['first', 'fourth', 'hello', 'second', 'third']);

    await disk.free(service.pid);
    expect(json(await postStart(service))).not.toHaveProperty('notes');
    expect(await metric(service, 'hookkeeper_journal_degraded')).toBe(0);
    await service.line('the recovery', ({ event }) => event === 'journal.recovered');
    service.kill('SIGKILL');
    await service.exited;
    const next = await start({ journalDir: disk.journalDir });
    expect(json(await ops(next, '/status'))).toMatchObject({
      runs: [{ hook: 'postStart' }, { hook: 'preStop', deliveries: 2 }, { hook: 'postStart' }],
    });
  });

  it.each([
    ['files cannot grow', limitedFiles],
    ['file system is full', smallFileSystem],
  ])('as its %s for the end of a run is whole again, though no hook comes any more', async (_why, makeDisk) => {
    const { dir, task, configure, gate, open, executed, start } = await stage();
    const disk = await makeDisk(dir);
    await configure(hooks({ preStop: [task('first', gate('last'))] }));
    const service = await start({ journalDir: disk.journalDir });
    const reply = preStop(service);
    await executed('first');
    await disk.fill(service.pid);
    await open('last');
    expect(json(await reply)).toMatchObject({ outcome: 'succeeded', notes: [expect.stringContaining('memory only')] });

    await disk.free(service.pid);
    await service.line('the recovery', ({ event }) => event === 'journal.recovered');
    expect(json(await ops(service, '/readyz'))).toMatchObject({ checks: { journal: { state: 'durable' } } });
    expect(await metric(service, 'hookkeeper_journal_degraded')).toBe(0);
    service.kill('SIGKILL');
    await service.exited;
    const next = await start({ journalDir: disk.journalDir });
    expect(json(await preStop(next))).toMatchObject({ delivery: 'replayed', outcome: 'succeeded' });
  });

  it.each([
    ['is read-only', readOnlyFolder],
    ['lies below a regular file', folderBelowFile],
  ])('as its folder %s lets the service start and serve, degraded', async (_why, makeFolder) => {
    const { dir, task, configure, start, executions } = await stage();
    const journalDir = await makeFolder(dir);
    await configure(hooks({ preStop: [task('first'), task('second')] }));
    const service = await start({ journalDir });
    expect(await ops(service, '/readyz')).toMatchObject({ status: 200 });
    expect(await kubeletOf(service).preStop()).toMatchObject({ kind: 'success', status: 200 });
    expect(json(await preStop(service))).toMatchObject({
      delivery: 'replayed',
      outcome: 'succeeded',
      notes: expect.arrayContaining([expect.stringContaining('the journal is kept in memory only')]),
    });
    expect(executions()).toEqual(['first', 'second']);
    expect(await metric(service, 'hookkeeper_journal_degraded')).toBe(1);
    service.kill('SIGTERM');
    expect(await service.exited).toEqual({ code: 0, signal: null });
  });
});
