import { linkSync, type Stats, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createHardLinks } from '../../../src/tasks/snapshot/hard-links.ts';
import { temporaryFolder } from '../../helpers/temporary-folder.ts';

/** What the system tells of a file with so many names. */
async function fileWith(names: readonly string[]): Promise<Stats> {
  const dir = await temporaryFolder();
  const [first = 'first', ...others] = names.map((name) => join(dir, name));
  writeFileSync(first, '');
  for (const other of others) linkSync(first, other);
  return statSync(first);
}

describe('a file with several names', () => {
  it('is known by its first name, until all its names have come', async () => {
    const links = createHardLinks();
    const file = await fileWith(['a', 'b', 'c']);
    expect(links.firstNameOf(file)).toBe(undefined);
    links.remember(file, 'a');
    expect([1, 2, 3].map(() => links.firstNameOf(file))).toEqual(['a', 'a', undefined]);
  });

  it('is not one that was removed meanwhile, whose number it has got', async () => {
    const links = createHardLinks();
    const removed = await fileWith(['a', 'b']);
    links.remember(removed, 'a');
    const next = Object.assign(await fileWith(['c', 'd']), { dev: removed.dev, ino: removed.ino });
    expect(links.firstNameOf(Object.assign(next, { birthtimeMs: removed.birthtimeMs + 1 }))).toBe(undefined);
  });
});
