import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'hookkeeper-package-'));
const inPackage = (file: string) => join(folder, 'package', file);
const read = (file: string) => readFileSync(inPackage(file), 'utf8');
afterAll(() => rmSync(folder, { recursive: true }));

/** The package as it would be published, unpacked where no library is; the built program of `npm test` goes into it. */
describe('the published package', () => {
  beforeAll(async () => {
    await run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], { cwd: ROOT });
    const [tarball = ''] = readdirSync(folder);
    await run('tar', ['-xzf', tarball], { cwd: folder });
  });

  it('holds the program, its licences, the examples and what people read, and nothing else', () => {
    expect(readdirSync(join(folder, 'package')).sort()).toEqual(
      ['CHANGELOG.md', 'LICENSE', 'README.md', 'dist', 'k8s-examples', 'package.json'].sort(),
    );
    expect(readdirSync(inPackage('dist'))).toContain('LICENSES.txt');
  });

  it('runs without any library beside it', async () => {
    expect(existsSync(join(folder, 'node_modules'))).toBe(false);
    const hookkeeper = (command: string) => run(process.execPath, [inPackage('dist/hookkeeper.cjs'), command]);
    const { stdout } = await hookkeeper('--version');
    expect(read('package.json')).toContain(`"version": "${stdout.trim()}"`);
    expect((await hookkeeper('schema')).stdout).toContain('json-schema.org');
  });

  it.each(['express', 'prom-client', 'p-retry', 'lowdb', 'pino-http', 'zod', 'yaml'])(
    'says that %s is inside, with its licence',
    (library) => {
      const bill: unknown = JSON.parse(read('dist/sbom.cdx.json'));
      const component: unknown = expect.objectContaining({ type: 'library', name: library });
      expect(bill).toMatchObject({ bomFormat: 'CycloneDX', components: expect.arrayContaining([component]) });
      expect(read('dist/LICENSES.txt')).toMatch(new RegExp(`^${library} \\d.* \\(\\S+\\)$`, 'm'));
    },
  );
});
