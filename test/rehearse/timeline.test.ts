import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Bar, type Look, renderTimeline, type Timeline } from '../../src/rehearse/timeline.ts';

const bar = (label: string, look: Look, startMs: number, endMs: number, note = ''): Bar => {
  return { label, look, startMs, endMs, note };
};

const LIFE: Timeline = {
  sections: [
    {
      title: 'postStart of app, run k3-1',
      bars: [
        bar('delivery 1', 'delivery', 10_000, 11_000, 'executed, 200'),
        bar('wait-until-healthy', 'succeeded', 10_020, 10_990, '970 ms, attempt 4'),
      ],
      grace: { usedMs: 1000, graceMs: 60_000, reserveMs: 0 },
    },
    {
      title: 'preStop of app, run k3-2',
      bars: [
        bar('delivery 1', 'brokenOff', 12_000, 14_000, 'the kubelet died'),
        bar('delivery 2', 'delivery', 15_000, 18_900, 'joined, 200'),
        bar('let-load-balancers-notice', 'succeeded', 12_000, 17_000, '5 s'),
        bar('drain', 'failed', 17_000, 17_010, 'failed: answered 500'),
        bar('save', 'timedOut', 17_010, 18_900, 'timedOut'),
        bar('flush', 'interrupted', 17_010, 18_000, 'interrupted'),
        bar('notify', 'skipped', 18_900, 18_900, 'skipped'),
      ],
      grace: { usedMs: 6900, graceMs: 45_000, reserveMs: 10_000 },
    },
  ],
  marks: [{ label: 'SIGTERM to the app', atMs: 19_000, note: 'exit code 0' }],
};

const plain = { columns: 100, colour: false };

describe('a timeline', () => {
  it('shows who called, what was done when, how it ended, and what it used of its time', () => {
    expect(renderTimeline(LIFE, plain).split('\n')).toEqual([
      '                            ┬0 s────┬2 s─────┬4 s─────┬6 s────┬8 s─',
      'postStart of app, run k3-1',
      '  delivery 1                ├───┤                                   executed, 200',
      '  wait-until-healthy        █████                                   970 ms, attempt 4',
      '  time used                 ▰▱▱▱▱▱▱▱▱▱▱▱▱▱▱▱▱▱▱▱▱▱▱▱▱▱▱▱▱▱▱▱▱▱▱▱▱▱▱ 1 of 60 s',
      'preStop of app, run k3-2',
      '  delivery 1                        ├────────╳                      the kubelet died',
      '  delivery 2                                     ├────────────────┤ joined, 200',
      '  let-load-balancers-notice         ███████████████████████         5 s',
      '  drain                                                   ▓         failed: answered 500',
      '  save                                                    ▒▒▒▒▒▒▒▒▒ timedOut',
      '  flush                                                   ▚▚▚▚▚     interrupted',
      '  notify                                                          ░ skipped',
      '  time used                 ▰▰▰▰▰▰▱▱▱▱▱▱▱▱▱▱▱▱▱▱▱▱▱▱▱▱▱▱▱▱╌╌╌╌╌╌╌╌╌ 6.9 of 35 s, reserve 10 s',
      'SIGTERM to the app                                                ▲ exit code 0',
      '',
    ]);
  });

  it('has colours only when asked for, and is the same without them', () => {
    const coloured = renderTimeline(LIFE, { ...plain, colour: true });
    expect(coloured).toContain('\u001b[32m█████\u001b[39m');
    expect(stripVTControlCharacters(coloured)).toBe(renderTimeline(LIFE, plain));
    expect(stripVTControlCharacters(renderTimeline(LIFE, plain))).toBe(renderTimeline(LIFE, plain));
  });

  it('cuts what is too long, and says so with an ellipsis', () => {
    const long = bar('a-name-as-long-as-a-name-can-be-in-a-config', 'failed', 0, 1, `failed: ${'because '.repeat(20)}`);
    const [, , line = ''] = renderTimeline({ sections: [{ title: 'x', bars: [long] }], marks: [] }, plain).split('\n');
    expect(line).toMatch(/^ {2}a-name-as-long-as-a-name… ▓+ +failed: because .*…$/);
    expect(line).toHaveLength(100);
  });

  it.each([
    [40, '┬0 s─────┬0.01 s'],
    [900, '┬0 s────┬0.2 s──'],
    [59_000, '┬0 s─────────┬20 s'],
    [3_600_000, '┬0 s───────────────┬1800 s'],
  ])('of %i ms has an axis whose numbers have room', (ms, start) => {
    const life = { sections: [{ title: 'x', bars: [bar('a', 'succeeded', 5000, 5000 + ms)] }], marks: [] };
    const [axis = ''] = renderTimeline(life, plain).split('\n');
    expect(axis.trimStart().slice(0, start.length)).toBe(start);
  });

  it('of nothing is an axis', () => {
    expect(renderTimeline({ sections: [], marks: [] }, plain)).toMatch(/^ +┬0 s.*\n$/);
  });

  it('keeps to its columns and draws every bar inside, in the order of time', () => {
    const looks: Look[] = ['delivery', 'brokenOff', 'succeeded', 'failed', 'timedOut', 'skipped', 'interrupted'];
    const anyBar = fc.record({
      label: fc.string({ maxLength: 80, unit: 'grapheme-ascii' }),
      look: fc.constantFrom(...looks),
      startMs: fc.integer({ min: 0, max: 1_000_000 }),
      lastsMs: fc.integer({ min: 0, max: 1_000_000 }),
      note: fc.string({ maxLength: 80, unit: 'grapheme-ascii' }),
    });
    fc.assert(
      fc.property(fc.array(anyBar, { minLength: 1 }), fc.integer({ min: 60, max: 100 }), (bars, columns) => {
        const section = {
          title: 't',
          bars: bars.map(({ lastsMs, ...each }) => ({ ...each, endMs: each.startMs + lastsMs })),
        };
        const lines = renderTimeline({ sections: [section], marks: [] }, { columns, colour: false }).split('\n');
        expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns);
        const areas = lines.slice(2, -1).map((line) => line.slice(28));
        const starts = areas.map((area) => area.search(/\S/));
        for (const [i, one] of section.bars.entries()) {
          for (const [j, other] of section.bars.entries()) {
            if (one.startMs < other.startMs) expect(starts[i]).toBeLessThanOrEqual(starts[j] ?? 0);
          }
        }
      }),
    );
  });
});
