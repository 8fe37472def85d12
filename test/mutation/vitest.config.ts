/** The tests that mutants of the core are tried against: its own, and those of its neighbours, but for those that start processes. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** The walks are random lives around the whole core; what the config says of itself is held by a test of `cli`. */
const ROOMS = 'config,journal,hooks,walk,cli,server,observe';
const ROOT = join(import.meta.dirname, '..', '..');

function startsProcesses(file: string): boolean {
  return readFileSync(join(ROOT, file), 'utf8').includes("'node:child_process'");
}

export default defineConfig({
  root: ROOT,
  test: {
    include: globSync(`test/{${ROOMS}}/**/*.test.ts`, { cwd: ROOT }).filter((file) => !startsProcesses(file)),
    setupFiles: ['test/mutation/no-process.ts', 'test/mutation/short-properties.ts', 'test/mutation/no-kept-parts.ts'],
    isolate: false,
    testTimeout: 10_000,
    hookTimeout: 10_000,
    restoreMocks: true,
  },
});
