import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Script } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

const DIST = join(import.meta.dirname, '..', '..', 'dist');

describe('the code that the build keeps beside the program', () => {
  it('is taken by the Node.js that built it', () => {
    const file = join(DIST, 'program.js');
    const source = readFileSync(file);
    const cachedData = readFileSync(join(DIST, 'program.v8')).subarray(source.length);
    const script = new Script(source.toString('utf8'), { filename: file, cachedData });
    expect(script.cachedDataRejected).toBe(false);
  });

  it.each<[string, (dist: string) => void]>([
    ['missing', (dist) => rmSync(join(dist, 'program.v8'))],
    ['empty', (dist) => writeFileSync(join(dist, 'program.v8'), '')],
    [
      'cut in the middle',
      (dist) => writeFileSync(join(dist, 'program.v8'), readFileSync(join(dist, 'program.v8')).subarray(0, 50_000)),
    ],
    [
      'of another program of the same length',
      (dist) => {
        const text = readFileSync(join(dist, 'program.js'), 'utf8');
        expect(text.split('Turns the postStart').length).toBe(2);
        writeFileSync(join(dist, 'program.js'), text.replace('Turns the postStart', 'TURNS the postStart'));
      },
    ],
  ])('is left aside when it is %s, and the program runs as it is', async (_name, spoil) => {
    const folder = await temporaryFolder();
    const dist = join(folder, 'dist');
    cpSync(DIST, dist, { recursive: true });
    spoil(dist);
    const help = execFileSync(process.execPath, [join(dist, 'hookkeeper.cjs'), '--help'], { encoding: 'utf8' });
    const expected = readFileSync(join(dist, 'program.js'), 'utf8').includes('TURNS') ? 'TURNS the' : 'Turns the';
    expect(help).toContain(`${expected} postStart and preStop hooks`);
  });
});
