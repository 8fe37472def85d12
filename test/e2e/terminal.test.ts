import { describe, expect, it } from 'vitest';
import { hooks, stage } from './stage.ts';
import { onTerminal } from './terminal.ts';

describe('a terminal', () => {
  it('that tells no size is taken for one of 80 columns', async () => {
    const { configFile, configure, task } = await stage();
    await configure(hooks({ preStop: [task('drain', '', { timeout: '3s' })] }));
    const lines = await onTerminal(['plan', '--config', configFile], { columns: 0 });
    expect(lines.some((line) => line.startsWith('grace 40s, reserve 5s'))).toBe(true);
    const longest = Math.max(...lines.map((line) => line.length));
    expect(longest).toBeGreaterThan(60);
    expect(longest).toBeLessThanOrEqual(80);
  });
});
