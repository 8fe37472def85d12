import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createTerminationLog, type TerminationLogEvent } from '../../src/observe/termination-log.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

async function place() {
  const path = join(await temporaryFolder(), 'termination-log');
  const events: TerminationLogEvent[] = [];
  let text = '';
  const log = createTerminationLog({ path, message: () => text, onEvent: (event) => void events.push(event) });
  return {
    path,
    events,
    log,
    async write(next: string) {
      text = next;
      log.update();
      await log.settled();
    },
  };
}

describe('the termination log', () => {
  it('is overwritten in place, as the kubelet has mounted the very file', async () => {
    const { path, events, write } = await place();
    await writeFile(path, 'what an earlier life of the container has left, and is long');
    const { ino } = await stat(path);
    await write('failed: drain\n');
    await write('fine\n');
    expect(await readFile(path, 'utf8')).toBe('fine\n');
    expect((await stat(path)).ino).toBe(ino);
    expect(events).toEqual([]);
  });

  it('has the last message of many that came while one was written', async () => {
    const path = join(await temporaryFolder(), 'termination-log');
    await writeFile(path, '');
    const made: string[] = [];
    const message = () => `message ${made.push('')}`;
    const log = createTerminationLog({ path, message, onEvent: () => {} });
    for (let i = 0; i < 1000; i += 1) log.update();
    await log.settled();
    expect(await readFile(path, 'utf8')).toBe(`message ${made.length}`);
    expect(made.length).toBeLessThan(10);
  });

  it('is not made where the kubelet has not made it; that is said once', async () => {
    const { path, events, write } = await place();
    await write('one');
    await write('two');
    expect(events).toEqual([{ type: 'notWritten', path, reason: expect.stringContaining('ENOENT'), missing: true }]);
    await expect(stat(path)).rejects.toThrow('ENOENT');
  });

  it('is given up for a moment where it can not be written; that is said once', async () => {
    const { path, events, write } = await place();
    await mkdir(path);
    await chmod(path, 0o555);
    await write('one');
    await write('two');
    expect(events).toEqual([{ type: 'notWritten', path, reason: expect.stringContaining('EISDIR'), missing: false }]);
  });
});
