import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runProgram } from '../helpers/program.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

async function restoreArguments(): Promise<string[]> {
  const dir = await temporaryFolder();
  const [from, to] = [join(dir, 'snapshots'), join(dir, 'data')];
  await Promise.all([mkdir(from), mkdir(to)]);
  return ['restore', '--from', from, '--to', to];
}

describe('hookkeeper restore as an init container', () => {
  it('fails where there is no snapshot, but not with --if-needed: it is the first start', async () => {
    const args = await restoreArguments();
    expect(await runProgram(args)).toMatchObject({ code: 1 });
    const ended = await runProgram([...args, '--if-needed']);
    expect(ended).toMatchObject({ code: 0, stdout: expect.stringContaining('Nothing had to be restored') });
  });
});
