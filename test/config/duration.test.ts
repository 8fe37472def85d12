import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { durationSchema, formatDuration, LONGEST_MS, parseDuration } from '../../src/config/duration.ts';

describe('a duration', () => {
  it.each([
    ['30s', 30_000],
    ['1m30s', 90_000],
    ['500ms', 500],
    ['1h15m30.918s', 4_530_918],
    ['1.5h', 5_400_000],
    ['.5s', 500],
    ['1.s', 1000],
    ['0s', 0],
    ['1m500ms', 60_500],
    ['90m', 5_400_000],
    ['1.001s', 1001],
    ['24h', LONGEST_MS],
    [`${'0'.repeat(63)}s`, 0],
  ])('written as %s is read as Go reads it', (text, ms) => {
    expect(parseDuration(text)).toEqual({ ok: true, ms });
  });

  it.each([
    [30, 'must be a duration with a unit such as 30s or 1m30s', 'write "30s"'],
    ['30', 'must be a duration with a unit such as 30s or 1m30s', 'write "30s"'],
    [1.5, 'must be a duration with a unit such as 30s or 1m30s', 'write "1.5s"'],
    ['30 s', 'must be a duration with a unit such as 30s or 1m30s', 'write "30s"'],
    ['30S', 'must be a duration with a unit such as 30s or 1m30s', 'write "30s"'],
    ['', 'must be a duration with a unit such as 30s or 1m30s', 'write for instance "30s"'],
    ['30.25', 'must be a duration with a unit such as 30s or 1m30s', 'write "30.25s"'],
    ['1M 30s', 'must be a duration with a unit such as 30s or 1m30s', 'write "1m30s"'],
    ['5m-3s', 'must be a duration with a unit such as 30s or 1m30s', 'write for instance "30s"'],
    ['x5', 'must be a duration with a unit such as 30s or 1m30s', 'write for instance "30s"'],
    ['2min', 'must be a duration with a unit such as 30s or 1m30s', 'write "2m"'],
    ['1 hour 5 secs', 'must be a duration with a unit such as 30s or 1m30s', 'write "1h5s"'],
    ['1 millisecond', 'must be a duration with a unit such as 30s or 1m30s', 'write "1ms"'],
    ['5 msec', 'must be a duration with a unit such as 30s or 1m30s', 'write "5ms"'],
    ['1 hr', 'must be a duration with a unit such as 30s or 1m30s', 'write "1h"'],
    ['1 minute 1 second', 'must be a duration with a unit such as 30s or 1m30s', 'write "1m1s"'],
    ['5 sec', 'must be a duration with a unit such as 30s or 1m30s', 'write "5s"'],
    ['250 milliseconds', 'must be a duration with a unit such as 30s or 1m30s', 'write "250ms"'],
    ['1h30', 'must be a duration with a unit such as 30s or 1m30s', 'write "1h30m"'],
    ['1 min 30', 'must be a duration with a unit such as 30s or 1m30s', 'write "1m30s"'],
    ['1h300', 'must be a duration with a unit such as 30s or 1m30s', 'write for instance "30s"'],
    ['30s\n', 'must be a duration with a unit such as 30s or 1m30s', 'write "30s"'],
    [' 1m30s', 'must be a duration with a unit such as 30s or 1m30s', 'write "1m30s"'],
    [999, 'must be a duration with a unit such as 30s or 1m30s', 'write "999s"'],
    [
      5000,
      'must be a duration with a unit such as 30s or 1m30s',
      'write "5s" if these are milliseconds, "5000s" if seconds',
    ],
    [
      '1500',
      'must be a duration with a unit such as 30s or 1m30s',
      'write "1.5s" if these are milliseconds, "1500s" if seconds',
    ],
    ['soon', 'must be a duration with a unit such as 30s or 1m30s', 'write for instance "30s"'],
    ['-5s', 'must be a duration with a unit such as 30s or 1m30s, and not negative', 'write "5s"'],
    [' -5s', 'must be a duration with a unit such as 30s or 1m30s, and not negative', 'write "5s"'],
    [-5, 'must be a duration with a unit such as 30s or 1m30s, and not negative', 'write "5s"'],
    ['5us', 'must be a duration with a unit such as 30s or 1m30s', 'use the units h, m, s and ms'],
    ['2d', 'must be a duration with a unit such as 30s or 1m30s', 'use the units h, m, s and ms, and at most 24h'],
    ['24h1ms', 'must be at most 24h', 'write a shorter duration'],
    [`${'9'.repeat(63)}h`, 'must be at most 24h', 'write a shorter duration'],
    ['1s'.repeat(33), 'must be a duration with a unit such as 30s or 1m30s', 'use at most 64 characters'],
    [`${'0'.repeat(64)}s`, 'must be a duration with a unit such as 30s or 1m30s', 'use at most 64 characters'],
    ['x'.repeat(64), 'must be a duration with a unit such as 30s or 1m30s', 'write for instance "30s"'],
    [null, 'must be a duration with a unit such as 30s or 1m30s', 'write for instance "30s"'],
    [{ s: 5 }, 'must be a duration with a unit such as 30s or 1m30s', 'write for instance "30s"'],
  ])('written as %j is refused with its rule and a remedy', (input, rule, remedy) => {
    expect(parseDuration(input)).toEqual({ ok: false, rule, remedy });
  });

  it.each(['1h1h', '1s1h', '30s1m', '5ms1s', '1m1.5m', ' 1s1s'])(
    'written as %s is a slip, though Go adds it up',
    (input) => {
      const rule = 'must be a duration with a unit such as 30s or 1m30s, each unit once and the largest first';
      expect(parseDuration(input)).toEqual({ ok: false, rule, remedy: 'write it as one sum' });
    },
  );

  it('reads back as the same number of ms after it was written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: LONGEST_MS }), (ms) => {
        expect(parseDuration(formatDuration(ms))).toEqual({ ok: true, ms });
      }),
    );
  });

  it('never throws and is always between zero and 24 hours, whatever is written', () => {
    const durationLike = fc.stringMatching(/^[-0-9.hms ]{0,12}$/);
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.string(), durationLike), (input) => {
        const parsed = parseDuration(input);
        if (!parsed.ok) return;
        expect(parsed.ms).toBeGreaterThanOrEqual(0);
        expect(parsed.ms).toBeLessThanOrEqual(LONGEST_MS);
      }),
    );
  });

  it.each([
    [0, '0s'],
    [500, '500ms'],
    [1500, '1.5s'],
    [60_000, '1m'],
    [61_500, '1m1.5s'],
    [3_600_000, '1h'],
    [4_530_918, '1h15m30.918s'],
    [-3000, '-3s'],
    [0.4, '0s'],
    [-0.4, '0s'],
    [Infinity, 'Infinity'],
  ])('of %d ms is written for people as %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});

describe('the schema of a duration', () => {
  it('hands on ms', () => {
    expect(z.safeParse(durationSchema(), '1m30s')).toEqual({ success: true, data: 90_000 });
  });

  it('says the rule and the remedy of a bare number', () => {
    const { error } = z.safeParse(durationSchema(), 30);
    expect(error?.issues).toMatchObject([
      { message: 'must be a duration with a unit such as 30s or 1m30s', params: { remedy: 'write "30s"' } },
    ]);
  });

  it('refuses zero unless it is told that zero is fine', () => {
    const { error } = z.safeParse(durationSchema(), '0s');
    expect(error?.issues).toMatchObject([
      { message: 'must be at least 1ms', params: { remedy: 'write a longer duration' } },
    ]);
    expect(z.safeParse(durationSchema({ leastMs: 0 }), '0s')).toEqual({ success: true, data: 0 });
  });

  it('describes itself in JSON Schema by type, pattern and description', () => {
    const json = z.toJSONSchema(durationSchema(), { io: 'input', target: 'draft-7' });
    expect(json).toMatchObject({ type: 'string', description: expect.stringContaining('h, m, s, ms') });
    const pattern = new RegExp(json.pattern ?? '');
    expect(['30s', '1m30s', '.5s'].every((text) => pattern.test(text))).toBe(true);
    expect(['30', '-5s', '30 s', 's', '', '1s1m', '1h1h'].some((text) => pattern.test(text))).toBe(false);
  });
});
