import { defineConfig } from 'vitest/config';
import type { Reporter } from 'vitest/node';

/** Ends the output with one plain line that any reader of a log can count on. */
const closingLine: Reporter = {
  onTestRunEnd(modules) {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const passed = tests.filter((test) => test.result().state === 'passed').length;
    const failed = tests.filter((test) => test.result().state === 'failed').length;
    process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
  },
};

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    reporters: ['default', closingLine],
    pool: 'forks',
    maxWorkers: 2,
    // A bound for a test that hangs, not a measure of speed: the slowest machine we know takes a fifth of it.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    restoreMocks: true,
    // Of what runs in the tests' own process: the built program, which half of the tests play, is not seen.
    coverage: { provider: 'v8', include: ['src/**/*.ts'], reporter: ['text-summary', 'html'] },
  },
});
