import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { temporaryFolder } from '../../helpers/temporary-folder.ts';
import { conditionOf, look, read, unreadable } from '../look.ts';
import { startStranger } from '../stranger.ts';

describe('a process condition', () => {
  it('sees a process that is there, and then that it is gone', async () => {
    const [dir, name] = [await temporaryFolder(), `app-${process.pid}`];
    await copyFile('/bin/sleep', join(dir, name));
    const pid = await startStranger(join(dir, name));
    const there = `process ${name}, PID ${pid}`;
    expect(await look({ process: { name, is: 'gone' } })).toEqual(read(false, there, 1));
    expect(await look({ process: { name, is: 'present' } })).toEqual(read(true, there));
    process.kill(pid, 'SIGKILL');
    await vi.waitFor(async () => {
      expect(await look({ process: { name, is: 'gone' } })).toEqual(read(true, `no process ${name}`, 0));
    }, 20_000);
    expect(await look({ process: { name, is: 'present' } })).toEqual(read(false, `no process ${name}`));
  });

  it('counts how many are left, and shows the first of them', async () => {
    const argv0 = `worker-${process.pid}`;
    for (let count = 0; count < 6; count += 1) await startStranger('/bin/sleep', { argv0 });
    expect(await look({ process: { commandLine: `^${argv0} `, is: 'gone' } })).toMatchObject({
      met: false,
      left: 6,
      saw: expect.stringMatching(/^process matching \/\^worker-\d+ \/, PID (\d+, ){5}…$/),
    });
  });

  it('goes by a pid file, and takes one that is gone for a process that is gone', async () => {
    const pidFile = join(await temporaryFolder(), 'nginx.pid');
    expect(await look({ process: { pidFile, is: 'gone' } })).toEqual(read(true, `no process of ${pidFile}`, 0));
    const pid = await startStranger('/bin/sleep');
    await writeFile(pidFile, `${pid}\n`);
    const there = `process of ${pidFile}, PID ${pid}`;
    expect(await look({ process: { pidFile, is: 'gone' } })).toEqual(read(false, there, 1));
    await writeFile(pidFile, '');
    expect(await look({ process: { pidFile, is: 'gone' } })).toEqual(unreadable(`${pidFile} holds no PID`));
  });

  it('never sees us', async () => {
    const commandLine = process.argv0;
    const reading = await look({ process: { commandLine, name: String(process.pid), is: 'gone' } });
    expect(reading).toMatchObject({ met: true });
  });

  it('says what it waits for', () => {
    const condition = conditionOf({ process: { name: 'nginx', commandLine: '^nginx: master', is: 'gone' } });
    expect(condition.summary).toBe('process nginx matching /^nginx: master/ is gone');
  });
});
