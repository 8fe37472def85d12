import { join } from 'node:path';
import { build } from 'esbuild';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

const LOOP = join(import.meta.dirname, '..', 'fixtures', 'e2e', 'snapshot-loop.ts');

/** The fixture as one file of JavaScript, which starts in a fifth of the time: it is started a hundred times. */
export async function buildLoop(): Promise<string> {
  const outfile = join(await temporaryFolder(), 'snapshot-loop.cjs');
  await build({ entryPoints: [LOOP], outfile, bundle: true, platform: 'node', format: 'cjs', logLevel: 'error' });
  return outfile;
}
