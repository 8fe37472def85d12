import { describe, expect, it } from 'vitest';
import { outputSize } from '../../src/cli/output-size.ts';

describe('the size of the output', () => {
  it('is that of its terminal, each time it is asked', () => {
    const terminal = { isTTY: true, columns: 120, rows: 50 };
    expect(outputSize(terminal)).toEqual({ columns: 120, rows: 50 });
    terminal.columns = 40;
    expect(outputSize(terminal)).toEqual({ columns: 40, rows: 50 });
  });

  it('is 80 by 24 for a terminal that tells none, or nothing', () => {
    expect(outputSize({ isTTY: true, columns: 0, rows: 0 })).toEqual({ columns: 80, rows: 24 });
    expect(outputSize({ isTTY: true })).toEqual({ columns: 80, rows: 24 });
  });

  it('has room for whole tables where there is no terminal', () => {
    expect(outputSize({})).toMatchObject({ columns: 160 });
  });
});
