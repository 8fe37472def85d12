import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { unwritable } from '../../src/cli/rehearse-files.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

it('a report that cannot be written says which folder is in the way, and what to do', async () => {
  const dir = await temporaryFolder();
  writeFileSync(join(dir, 'file'), '');
  const told = unwritable([join(dir, 'no', 'r.html'), join(dir, 'file', 'r.svg'), dir, join(dir, 'r.html')]);
  expect(told.map((line) => line.replaceAll(dir, 'DIR'))).toEqual([
    'cannot write DIR/no/r.html: there is no folder DIR/no, make it or name a file elsewhere',
    'cannot write DIR/file/r.svg: DIR/file is no folder, name a file elsewhere',
    'cannot write DIR: it is a folder, name a file in it',
  ]);
});
