import { describe, expect, it } from 'vitest';
import { toMarkup } from '../../src/observe/timeline/markup.ts';
import { runView } from '../../src/observe/timeline/run-view.ts';
import { livesOf } from '../../src/page/lives.ts';
import { statusView } from '../observe/status-records.ts';
import { endedRun } from '../observe/timeline/run-records.ts';

const runOf = (life: number, hook: 'postStart' | 'preStop') =>
  runView(
    endedRun({
      id: `${life}-${hook}`,
      hook,
      incarnation: { id: `life-${life}`, evidence: 'sequence', why: 'it is the next' },
    }),
    undefined,
  );

/** Each row as its texts, the heads left out. */
const rowsOf = (markup: string) =>
  [...markup.matchAll(/<tr>(.*?)<\/tr>/g)]
    .map(([, row = '']) => [...row.matchAll(/<t[dh][^>]*>(.*?)<\/t[dh]>/g)].map(([, text = '']) => text))
    .filter(([, life]) => life !== 'life');

describe('the lives on the status page', () => {
  const containers = [
    {
      name: 'app',
      hooks: [
        { hook: 'postStart', tasks: 2 },
        { hook: 'preStop', tasks: 1 },
      ],
    },
  ] as const;

  it('leave room for the runs: the newest three are shown, and the others when somebody asks', () => {
    const runs = [1, 2, 3, 4, 5].map((life) => runOf(life, 'postStart'));
    const [shown = '', folded = ''] = toMarkup(livesOf(statusView({ containers, runs }))).split('<details>');
    expect(rowsOf(shown).map(([name, life]) => [name, life])).toEqual([
      ['app', 'life-5'],
      ['', 'life-4'],
      ['', 'life-3'],
    ]);
    expect(folded).toContain('<summary>2 earlier lives</summary>');
    expect(rowsOf(folded).map(([name, life]) => [name, life])).toEqual([
      ['app', 'life-2'],
      ['', 'life-1'],
    ]);
    expect(toMarkup(livesOf(statusView({ containers, runs: runs.slice(0, 3) })))).not.toContain('<details>');
  });

  it('say what a hook that was not seen means: a preStop may still come, a postStart before it not', () => {
    const states = (...runs: ReturnType<typeof runOf>[]) =>
      rowsOf(toMarkup(livesOf(statusView({ containers, runs })))).map((row) => row.slice(2, 4));
    expect(states()).toEqual([['not yet (2 tasks)', 'not yet (1 task)']]);
    expect(states(runOf(1, 'postStart'))).toEqual([['succeeded', 'not yet (1 task)']]);
    expect(states(runOf(1, 'preStop'))).toEqual([['did not come', 'succeeded']]);
  });
});
