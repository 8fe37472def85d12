import { describe, expect, it } from 'vitest';
import { statusNews, statusText } from '../../../src/cli/status-lines.ts';
import type { TaskRecord } from '../../../src/journal/entry.ts';
import { parseStatusView } from '../../../src/observe/status-view-codec.ts';
import { toMarkup } from '../../../src/observe/timeline/markup.ts';
import { runBars } from '../../../src/observe/timeline/run-bars.ts';
import { goesOn, type RunTrace, runView } from '../../../src/observe/timeline/run-view.ts';
import { undoLines } from '../../../src/observe/timeline/words.ts';
import { runSection } from '../../../src/page/run-section.ts';
import { statusView } from '../status-records.ts';
import { attempt, endedRun, endedTask, traceOf } from './run-records.ts';

const failed = endedTask('drain/undo', {
  outcome: 'failed',
  startedAtMs: 60_000,
  reason: 'exited with 4',
  output: 'no\n',
});
const done = endedTask('pause/undo', { startedAtMs: 59_000 });
const running: TaskRecord = { state: 'running', name: 'drain/undo', attempts: 1, startedAtMs: 60_000 };
const pending: TaskRecord = { state: 'pending', name: 'pause/undo' };

const takenBack = (tasks: readonly TaskRecord[], trace?: RunTrace) =>
  runView(endedRun({ undo: { why: 'the container came back', tasks } }), trace);
const told = (...args: Parameters<typeof takenBack>) => undoLines(runBars(takenBack(...args), 61_500));

/** An undo that has begun, and made so many attempts. */
const begun = (...tries: ReturnType<typeof attempt>[]) => traceOf({ attempts: new Map([['drain/undo', tries]]) });

describe('a stop that is taken back', () => {
  it('is told with what became of each undo', () => {
    expect(undoLines(runBars(runView(endedRun(), undefined), 61_500))).toEqual([]);
    expect(told([done])).toEqual(['was taken back: the container came back', '  pause/undo: succeeded after 500 ms']);
    expect(told([failed, done])).toEqual([
      'could not be taken back whole: the container came back',
      '  drain/undo: failed after 500 ms: exited with 4',
      '  pause/undo: succeeded after 500 ms',
    ]);
    expect(told([pending])).toEqual(['is still to be taken back: the container came back', '  pause/undo: pending']);
  });

  it('goes on only while this service executes an undo', () => {
    const lines = ['is being taken back: the container came back', '  drain/undo: running for 1.5 s'];
    expect(told([running], begun())).toEqual(lines);
    expect(told([running], begun(attempt(1, 0, 5, 'failed', 200)))).toEqual([
      lines[0],
      expect.stringMatching(/running/),
    ]);
    expect(goesOn(takenBack([running], begun()))).toBe(true);
    for (const trace of [undefined, begun(attempt(1, 0, 5, 'failed'))]) {
      expect(told([running], trace)[0]).toBe('could not be taken back whole: the container came back');
      expect(goesOn(takenBack([running], trace))).toBe(false);
    }
  });

  it('is on the page, in the terminal and in plain lines, and its bars do not squeeze those of the run', () => {
    const run = takenBack([failed, done]);
    expect(runBars(run, 90_000).span.endMs).toBe(10_500);
    const page = toMarkup(runSection(run, [], 90_000, 900));
    for (const words of ['could not be taken back whole', 'exited with 4', 'What drain/undo printed'])
      expect(page).toContain(words);
    const view = statusView({ runs: [run] });
    expect(parseStatusView(JSON.stringify(view))).toEqual(view);
    for (const terminal of [true, false]) {
      const text = statusText(view, { terminal, colour: false, columns: 100 });
      expect(text).toContain('  could not be taken back whole: the container came back\n');
      expect(text).toContain('    drain/undo: failed after 500 ms: exited with 4\n');
    }
  });

  it('is news to who watches where nothing is drawn', () => {
    const [before, after] = [[pending], [done]].map((tasks) => statusView({ runs: [takenBack(tasks)] }));
    expect(before && after && statusNews(before, after)).toEqual([
      'preStop of app: pause/undo: succeeded after 500 ms',
    ]);
  });
});
