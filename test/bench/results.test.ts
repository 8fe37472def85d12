import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../helpers/temporary-folder.ts';
import type { Machine } from './machine.ts';
import type { Outcome } from './report.ts';
import { joinResults } from './results.ts';
import { compare } from './row.ts';

const MACHINE: Machine = { node: 'v24', system: 'Linux', processor: 'one', cores: 2, memoryGb: 8, load: 0.5 };

function row(name: string, ours = 1): Outcome {
  const comparisons = [compare({ measure: 'time', unit: 'ms' }, { values: [ours] }, { name: 'peer', values: [1] })];
  return { row: name, state: 'measured', comparisons, notes: ['a note'] };
}

const results = (rows: readonly Outcome[], machine: object = {}) => ({
  measuredAt: '2026-11-30T03:14:08.212Z',
  program: '/dist/hookkeeper.cjs',
  machine: { ...MACHINE, ...machine },
  rows,
});

/** Files `0.json`, `1.json` and so on with these contents. */
async function files(...contents: readonly unknown[]): Promise<string[]> {
  const folder = await temporaryFolder();
  return contents.map((content, index) => {
    const file = join(folder, `${index}.json`);
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
    return file;
  });
}

describe('files of earlier calls', () => {
  it('are joined in their order, with the highest load', async () => {
    const failed: Outcome = { row: 'hook', state: 'failed', reason: 'no' };
    const [one, two] = [results([row('start'), failed]), results([row('drain')], { load: 3.5 })];
    expect(joinResults(await files(one, two))).toMatchObject({
      ok: true,
      machine: { ...MACHINE, load: 3.5 },
      rows: [row('start'), failed, row('drain')],
    });
  });

  it('give of a row that was measured again the last, in the place of the first', async () => {
    const joined = joinResults(await files(results([row('start'), row('hook')]), results([row('start', 2)])));
    expect(joined).toMatchObject({ rows: [row('start', 2), row('hook')] });
  });

  it.each([
    ['of another machine', results([], { cores: 4 }), /^.*1\.json must be of the same machine and Node as .*0\.json/],
    ['no JSON', '{', /^.*1\.json must be what --json wrote: .*JSON/],
    ['of something else', [], /1\.json must be what --json wrote: all of it is wrong$/],
    ['with a wrong unit', results([row('a')]), /: rows\[0\]\.comparisons\[0\]\.unit is wrong$/],
  ])('are refused where one is %s, by its name', async (_what, wrong, problem) => {
    const text = JSON.stringify(wrong).replace('"unit":"ms"', '"unit":"miles"');
    const joined = joinResults(await files(results([]), typeof wrong === 'string' ? wrong : text));
    expect(joined).toEqual({ ok: false, problem: expect.stringMatching(problem) });
  });

  it('are refused where one is not there', () => {
    expect(joinResults(['/absent.json'])).toEqual({ ok: false, problem: expect.stringContaining('/absent.json') });
  });
});
