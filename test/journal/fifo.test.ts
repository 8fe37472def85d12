import { execFileSync } from 'node:child_process';
import * as nodeFs from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { durableFile } from '../../src/journal/durable-file.ts';
import type { JournalEvent } from '../../src/journal/event.ts';
import { openJournal } from '../../src/journal/store.ts';
import { manualClock } from '../helpers/manual-clock.ts';
import { temporaryFolder } from './temporary-folder.ts';

describe('a FIFO where the journal should be', () => {
  it('is not read, and not waited for', async () => {
    await using dir = await temporaryFolder();
    const path = join(dir.path, 'journal.json');
    execFileSync('mkfifo', [path]);
    await expect(durableFile(path, 1000, nodeFs).read()).rejects.toThrow('it is not a regular file');
  });

  it('is moved aside, and a new journal is begun', async () => {
    await using dir = await temporaryFolder();
    execFileSync('mkfifo', [join(dir.path, 'journal.json')]);
    const events: JournalEvent[] = [];
    const onEvent = (event: JournalEvent) => void events.push(event);
    const clock = manualClock();
    const journal = await openJournal({ dir: dir.path, instance: 'second', podUid: undefined, clock, onEvent });
    const aside = events.filter(({ type }) => type === 'movedAside');
    expect(aside).toMatchObject([{ why: 'it is not a regular file' }]);
    expect(journal.durability()).toEqual({ state: 'durable' });
  });
});
