import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { temporaryFolder } from '../../helpers/temporary-folder.ts';
import { within } from '../../helpers/within.ts';
import { actionOf, begin } from '../attempt.ts';

/** A folder whose volume hangs, once for each look at it, until it is back. */
const hanging = vi.hoisted(() => ({ path: '', looks: 0, ...Promise.withResolvers<void>() }));

vi.mock('node:fs/promises', async (importOriginal) => {
  const fs = await importOriginal<typeof import('node:fs/promises')>();
  const stat = async (path: string) => {
    if (path !== hanging.path) return fs.stat(path);
    hanging.looks += 1;
    await hanging.promise;
    return fs.stat(path);
  };
  return { ...fs, stat };
});

describe('exec on a volume that hangs', () => {
  it('is not started, as everything would wait for that, and takes one thread however often it is tried', async () => {
    const folder = await temporaryFolder();
    hanging.path = folder;
    const action = actionOf('exec', { shell: 'touch started', workingDir: folder });
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const underway = begin(action);
      underway.stop();
      const { lines, result } = underway;
      expect(await within('the end of the attempt', result)).toMatchObject({ reason: 'was told to stop' });
      expect(lines).toEqual([
        `hookkeeper: did not start the command, as nothing was heard of ${folder}: its volume may hang`,
      ]);
    }
    expect([hanging.looks, existsSync(join(folder, 'started'))]).toEqual([1, false]);
    hanging.resolve();
    expect(await within('the command', begin(action).result)).toEqual({ outcome: 'succeeded' });
    expect(existsSync(join(folder, 'started'))).toBe(true);
  });
});
