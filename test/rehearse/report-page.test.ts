import { describe, expect, it } from 'vitest';
import { runView } from '../../src/observe/timeline/run-view.ts';
import { reportPage } from '../../src/rehearse/report-page.ts';
import { endedRun, endedTask } from '../observe/timeline/run-records.ts';

const stopOf = (id: string, container = 'app') =>
  runView(endedRun({ id, container, tasks: [endedTask('save', { output: 'saved\n' })] }), undefined);

const pageOf = (...runs: ReturnType<typeof stopOf>[]) => pageWith(runs, null);

function pageWith(runs: readonly ReturnType<typeof stopOf>[], notPlayed: string | null): string {
  return reportPage({
    version: 1,
    config: { file: 'hooks.yaml', digest: '0123456789ab' },
    grace: { periodMs: 45_000, reserveMs: 10_000 },
    dryRun: false,
    scenarios: [
      {
        name: 'app-restart',
        about: 'it goes on',
        notPlayed,
        startedAtMs: 0,
        durationMs: 1,
        verdicts: [],
        runs,
        marks: [],
      },
    ],
  });
}

const outputs = (page: string) => [...page.matchAll(/<summary>(Output[^<]*)</g)].map(([, words]) => words);

describe('the page of a report', () => {
  it('takes what was not played for nothing that was kept', () => {
    expect(pageOf(stopOf('k3-1'))).toContain('<p class="sum held">✔ Everything was kept</p>');
    expect(pageWith([], 'no port')).toContain('<p class="sum broken">✘ Nothing was played</p>');
  });

  it('says of an output in which run it was printed, where a hook ran more than once', () => {
    expect(outputs(pageOf(stopOf('k3-1'), stopOf('k3-2'), stopOf('k3-3', 'proxy')))).toEqual([
      'Output of save, preStop of app, run k3-1',
      'Output of save, preStop of app, run k3-2',
      'Output of save, preStop of proxy',
    ]);
  });
});
