import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: join(import.meta.dirname, '..', '..'),
    include: ['test/hostile/*.hostile.ts'],
    pool: 'forks',
    // One attack after the other: each takes the whole machine.
    maxWorkers: 1,
    fileParallelism: false,
    testTimeout: 4 * 3_600_000,
    hookTimeout: 60_000,
  },
});
