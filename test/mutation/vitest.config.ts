/** The tests that mutants of the core are tried against: its own, but for those that start processes. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

const ROOT = join(import.meta.dirname, '..', '..');

function startsProcesses(file: string): boolean {
  return readFileSync(join(ROOT, file), 'utf8').includes("'node:child_process'");
}

export default defineConfig({
  root: ROOT,
  test: {
    // What the fields of the config say of themselves is held by the test of the JSON Schema.
    include: globSync(['test/{config,journal,hooks}/**/*.test.ts', 'test/cli/schema.test.ts'], { cwd: ROOT }).filter(
      (file) => !startsProcesses(file),
    ),
    setupFiles: ['test/mutation/no-process.ts', 'test/mutation/short-properties.ts', 'test/mutation/no-kept-parts.ts'],
    isolate: false,
    testTimeout: 10_000,
    hookTimeout: 10_000,
    restoreMocks: true,
  },
});
