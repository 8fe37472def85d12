import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const lines = (file: string) => readFileSync(join(ROOT, file), 'utf8').split('\n');

/** Copies what `.dockerignore` lets into a build: it leaves out all but what it names. */
function copyContext(folder: string): void {
  const [first, ...others] = lines('.dockerignore').filter((line) => line !== '');
  expect(first).toBe('*');
  for (const line of others) {
    const path = /^!([\w./-]+)$/.exec(line)?.[1] ?? '';
    cpSync(join(ROOT, path), join(folder, path), { recursive: true });
  }
}

/** What the Dockerfile's first stage copies out of its context: each a list of sources and where they go. */
function copies(): string[][] {
  const text = lines('Dockerfile').join('\n');
  const stage = text.slice(text.indexOf(' AS build\n'), text.indexOf(' AS base\n'));
  return [...stage.matchAll(/^COPY (.+)$/gm)].map(([, words = '']) => words.split(' '));
}

it('the files that the Dockerfile copies are all that the build of the program needs', async () => {
  const [context, build] = [await temporaryFolder(), await temporaryFolder()];
  copyContext(context);
  for (const words of copies()) {
    const target = join(build, words.at(-1) ?? '');
    for (const source of words.slice(0, -1)) {
      const from = join(context, source);
      cpSync(from, statSync(from).isDirectory() ? target : join(target, basename(source)), { recursive: true });
    }
  }
  symlinkSync(join(ROOT, 'node_modules'), join(build, 'node_modules'));
  execFileSync(process.execPath, ['esbuild.config.mjs'], { cwd: build, stdio: 'pipe', timeout: 60_000 });
  // By its own first line: npx does not make it executable a second time.
  const env = { PATH: `${dirname(process.execPath)}:${process.env['PATH']}` };
  const built = execFileSync(join(build, 'dist', 'hookkeeper.cjs'), ['--version'], { encoding: 'utf8', env });
  expect(readFileSync(join(ROOT, 'package.json'), 'utf8')).toContain(`"version": "${built.trim()}"`);
});
