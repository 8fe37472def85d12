import * as nodeFs from 'node:fs/promises';
import { lstat, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { JournalEvent } from '../../src/journal/event.ts';
import { moveAside, type Obstacle } from '../../src/journal/move-aside.ts';
import { temporaryFolder } from './temporary-folder.ts';

const OBSTACLE: Obstacle = { kind: 'unreadable', label: 'now', why: 'it is torn' };

async function move(path: string, obstacle = OBSTACLE) {
  const events: JournalEvent[] = [];
  await moveAside(path, obstacle, nodeFs, (event) => void events.push(event));
  return events;
}

describe('what is moved aside', () => {
  it('may be gone, its folder too: then nothing is done and nothing is said', async () => {
    await using dir = await temporaryFolder();
    await writeFile(join(dir.path, 'other'), '');
    expect(await move(join(dir.path, 'journal.json'))).toEqual([]);
    expect(await move(join(dir.path, 'gone', 'journal.json'))).toEqual([]);
    expect(await readdir(dir.path)).toEqual(['other']);
  });

  it('has a name of its own, however many have the same label', async () => {
    await using dir = await temporaryFolder();
    const path = join(dir.path, 'journal.json');
    for (const text of ['one', 'two', 'three']) {
      await writeFile(path, text);
      await move(path);
    }
    const base = 'journal.json.unreadable-now';
    expect((await readdir(dir.path)).toSorted()).toEqual([base, `${base}-2`, `${base}-3`]);
  });

  it('drives out the one that changed first, whatever it is called, and nothing that is not of its kind', async () => {
    await using dir = await temporaryFolder();
    const path = join(dir.path, 'journal.json');
    await writeFile(`${path}.my-unreadable-one`, '');
    await writeFile(join(dir.path, 'other.pod-a'), '');
    const names = ['unreadable-z', 'newer-y', 'pod-x', 'pod-a', 'newer-b'];
    for (const [index, name] of names.entries()) await writeLater(`${path}.${name}`, `${path}.${names[index - 1]}`);
    await writeLater(path, `${path}.newer-b`);
    expect(await move(path)).toEqual([
      { type: 'movedAside', from: path, to: `${path}.unreadable-now`, why: 'it is torn' },
      { type: 'removed', path: `${path}.unreadable-z` },
    ]);
    expect(await readdir(dir.path)).toHaveLength(names.length + 2);
  });
});

/** Writes a file that the system knows to be newer than the other: its clock for files has coarse steps. */
async function writeLater(file: string, other: string): Promise<void> {
  const than = await lstat(other).then(
    ({ ctimeMs }) => ctimeMs,
    () => 0,
  );
  do await writeFile(file, '');
  while ((await lstat(file)).ctimeMs <= than);
}
