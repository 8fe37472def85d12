import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TASK_OUTCOMES } from '../../../src/journal/entry.ts';
import { type Element, toMarkup } from '../../../src/observe/timeline/markup.ts';
import { picture, pictureFile } from '../../../src/observe/timeline/picture.ts';
import { type DeliveryView, runView } from '../../../src/observe/timeline/run-view.ts';
import { runTable } from '../../../src/observe/timeline/table.ts';
import { timelineOf } from '../../../src/observe/timeline/timeline.ts';
import { attempt, delivery, endedRun, endedTask, runningRun, traceOf } from './run-records.ts';

const HOSTILE = '</title><script>alert(1)</script>"\'&\u0000\u001b[31m\ud800\u202e';
const title = 'preStop of app';

function all(root: Element): Element[] {
  return [root, ...root.children.flatMap((child) => (typeof child === 'string' ? [] : all(child)))];
}
const textOf = ({ children }: Element): string =>
  children.map((child) => (typeof child === 'string' ? child : textOf(child))).join('');
const classed = (root: Element, name: string) =>
  all(root).filter(({ attributes }) => String(attributes['class']).split(' ').includes(name));

describe('the picture', () => {
  const tasks = TASK_OUTCOMES.map((outcome, index) =>
    endedTask(`task-${outcome}`, { outcome, startedAtMs: 10_000 + index * 1000, durationMs: 1000, reason: 'why so' }),
  );
  const run = endedRun({ tasks, endedAtMs: 15_000, durationMs: 5000, remainingMs: 30_000 });
  const timeline = timelineOf([runView(run, undefined)], [{ label: 'SIGTERM', atMs: 15_000, note: '' }], 0);

  it('tells outcomes apart by letter and pattern, and says in its legend what they mean', () => {
    const drawn = picture(timeline, { title });
    expect(classed(drawn, 'hk-letter').map(textOf)).toEqual(['✓', 'F', 'T', 'S', 'I']);
    const fills = all(drawn).flatMap(
      ({ attributes: { fill = '' } }) => String(fill).match(/^url\(#hk-(\w+)\)$/)?.[1] ?? [],
    );
    const ids = all(drawn).flatMap(({ tag, attributes }) => (tag === 'pattern' ? [String(attributes['id'])] : []));
    expect(new Set(fills)).toEqual(new Set(['failed', 'timedOut', 'skipped', 'interrupted', 'reserve']));
    for (const name of fills) expect(ids).toContain(`hk-${name}`);
    for (const words of ['✓ succeeded', 'F failed', 'T timed out', 'S skipped', 'I interrupted', 'reserve'])
      expect(all(drawn).map(textOf)).toContain(words);
  });

  it('has a name, a description, and rows that a keyboard reaches and a screen reader reads', () => {
    const drawn = picture(timeline, { title, prefix: 'p3' });
    expect(drawn.attributes['aria-labelledby']).toBe('p3-title p3-desc');
    const named = (id: string) =>
      all(drawn)
        .filter(({ attributes }) => attributes['id'] === id)
        .map(textOf);
    expect(named('p3-title')).toEqual([title]);
    expect(named('p3-desc')).toEqual(['preStop of app, run k3-2: succeeded after 5 s.']);
    const rows = classed(drawn, 'hk-row');
    expect(rows.every(({ attributes }) => attributes['tabindex'] === 0 && attributes['role'] === 'img')).toBe(true);
    expect(rows.map(({ attributes }) => attributes['aria-label'])).toEqual([
      'delivery 1',
      'task-succeeded: succeeded after 1 s: why so',
      'task-failed: failed after 1 s: why so',
      'task-timedOut: timed out after 1 s: why so',
      'task-skipped: skipped after 1 s: why so',
      'task-interrupted: interrupted after 1 s: why so',
      'time used: 5 of 35 s, reserve 10 s',
      'SIGTERM',
    ]);
  });

  it('has the letter of an attempt that was too short for one beside it, also where a moment passed after it', () => {
    const tries = [attempt(1, 0, 4, 'failed', 900), attempt(2, 904, 906, 'failed')];
    const failed = endedTask('intake', { outcome: 'failed', attempts: 2, durationMs: 907, reason: 'refused' });
    const view = runView(
      endedRun({ tasks: [failed], outcome: 'failed', durationMs: 907, endedAtMs: 10_907 }),
      traceOf({ attempts: new Map([['intake', tries]]) }),
    );
    const drawn = picture(timelineOf([view], [], 0), { title });
    expect(classed(drawn, 'hk-letter').map(textOf)).toEqual(['F']);
  });

  it('ends a delivery with a knob or a cross, which its legend has; one that waits for its answer has no end yet', () => {
    const task = { state: 'running', name: 'drain', attempts: 1, startedAtMs: 10_000 } as const;
    const drawnWith = (...deliveries: DeliveryView[]) =>
      picture(timelineOf([runView(runningRun([task]), traceOf({ deliveries }))], [], 20_000), { title });
    const waiting = drawnWith(delivery(1));
    expect(classed(waiting, 'hk-knob')).toEqual([]);
    expect(all(waiting).map(textOf)).not.toContain('delivery answered');
    const drawn = drawnWith(
      delivery(1, { untilMs: 11_000, broken: true }),
      delivery(2, { untilMs: 12_000 }),
      delivery(3),
    );
    expect(classed(drawn, 'hk-knob')).toHaveLength(2);
    for (const words of ['delivery answered', 'delivery failed or lost'])
      expect(all(drawn).map(textOf)).toContain(words);
  });

  it('on a phone says whose run it is and how it ended, and cuts no label that its note leaves room for', () => {
    const long = endedTask('let-load-balancers-notice', { durationMs: 5000 });
    const narrow = endedRun({ tasks: [long], endedAtMs: 15_000, durationMs: 5000 });
    const drawn = picture(timelineOf([runView(narrow, undefined)], [], 0), { title, width: 344 });
    const words = all(drawn).map(textOf);
    expect(words).toContain('preStop of app: succeeded after 5 s');
    expect(words).toContain('let-load-balancers-notice');
  });

  it('on a phone cuts a long name before its note begins, and a heading before the edge, also with wide letters', () => {
    const [name, container] = ['a-name-'.repeat(9), 'a-container-'.repeat(5)];
    const run = endedRun({ container, tasks: [endedTask(name, { durationMs: 20_000 })], durationMs: 20_000 });
    const drawn = picture(timelineOf([runView(run, undefined)], [], 0), { title, width: 344 });
    const words = all(drawn)
      .filter(({ tag }) => tag === 'text')
      .map(textOf);
    const label = words.find((text) => text.startsWith('a-name-')) ?? '';
    expect(label).toMatch(/…$/);
    expect(words).toContain('20 s');
    expect((label.length + '20 s'.length) * 6.75).toBeLessThanOrEqual(344 - 2 * 8);
    const [head = ''] = classed(drawn, 'hk-head').map(textOf);
    expect(head).toMatch(/…$/);
    expect(head.length * 8.2).toBeLessThanOrEqual(344 - 2 * 8);
  });

  it('of a run that goes on has a line for now, the reserve, and the end of the grace', () => {
    const live = runView(
      runningRun([{ state: 'running', name: 'drain', attempts: 1, startedAtMs: 10_000 }]),
      undefined,
    );
    const drawn = picture(timelineOf([live], [], 20_000), { title });
    const [now] = classed(drawn, 'hk-now');
    const [end] = classed(drawn, 'hk-deadline');
    const x = (line: Element | undefined) => Number(/^M([\d.]+) /.exec(String(line?.attributes['d']))?.[1]);
    expect(x(now)).toBeGreaterThan(0);
    expect(x(end)).toBeGreaterThan(x(now));
    expect(classed(drawn, 'hk-running')).not.toEqual([]);
  });

  it('as a file is whole: with its style, and with nothing from elsewhere', () => {
    const file = pictureFile(timeline, { title });
    expect(file).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" .*<style>.*<\/svg>\n$/s);
    expect(file.replace('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:|href|@import|<script/);
  });

  it('holds nothing that a task, a name or a reason could smuggle in', () => {
    const hostile = endedRun({
      container: HOSTILE,
      tasks: [endedTask(HOSTILE, { reason: HOSTILE, outcome: 'failed' })],
    });
    const marks = [{ label: HOSTILE, atMs: 10_000, note: HOSTILE }];
    const smuggled = timelineOf([runView(hostile, undefined)], marks, 0);
    const markup = [
      pictureFile(smuggled, { title: HOSTILE, width: 2000 }),
      ...smuggled.runs.map((bars) => toMarkup(runTable(bars))),
    ].join('');
    for (const bad of ['<script', '\0', '\u001b', '\ud800', '\u202e']) expect(markup).not.toContain(bad);
    expect(markup).toContain('&lt;script&gt;');
  });

  it('keeps every bar inside its lane, at any width', () => {
    const anyTask = fc.record({
      outcome: fc.constantFrom(...TASK_OUTCOMES),
      attempts: fc.nat(3),
      startedAtMs: fc.integer({ min: 0, max: 100_000 }),
      durationMs: fc.nat(50_000),
    });
    fc.assert(
      fc.property(fc.array(anyTask), fc.integer({ min: 240, max: 2000 }), (some, width) => {
        const deadline = { source: 'config', graceMs: 1, reserveMs: 0 } as const;
        const many = endedRun({
          tasks: some.map((each, index) => endedTask(`t${index}`, each)),
          deadline,
          endedAtMs: 0,
          remainingMs: 0,
        });
        const tries = [attempt(1, 0, 100, 'failed', 50)];
        const view = runView(many, traceOf({ attempts: new Map([['t0', tries]]) }));
        const drawn = picture(timelineOf([view], [], 0), { title, width });
        const [lane] = classed(drawn, 'hk-lane');
        const left = Number(lane?.attributes['x']);
        const right = left + Number(lane?.attributes['width']);
        for (const row of classed(drawn, 'hk-row')) {
          for (const { attributes } of classed(row, 'hk-bar')) {
            expect(Number(attributes['width'])).toBeGreaterThan(0);
            expect(Number(attributes['x'])).toBeGreaterThanOrEqual(left - 0.1);
            expect(Number(attributes['x']) + Number(attributes['width'])).toBeLessThanOrEqual(right + 0.1);
          }
        }
      }),
    );
  });
});

describe("a run's table", () => {
  it('says the same as the picture, in words', () => {
    const run = endedRun({
      tasks: [
        endedTask('save', {
          startedAtMs: 12_500,
          durationMs: 4000,
          attempts: 2,
          outcome: 'timedOut',
          reason: 'too long',
        }),
        { state: 'pending', name: 'later' },
      ],
    });
    const [bars] = timelineOf([runView(run, undefined)], [], 0).runs;
    if (bars === undefined) throw new Error('there is no run');
    const rows = all(runTable(bars)).filter(({ tag }) => tag === 'tr');
    expect(
      rows.map(({ children }) => children.map((cell) => (typeof cell === 'string' ? cell : textOf(cell)))),
    ).toEqual([
      ['task', 'outcome', 'started', 'took', 'attempts', 'why'],
      ['save', 'timed out', '+2.5 s', '4 s', '2', 'too long'],
      ['later', 'pending', '', '', '0', ''],
    ]);
  });
});
