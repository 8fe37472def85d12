import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { meaningOf, type StatusMeaning } from '../../../src/tasks/http/http-status.ts';

const rules = (expected: (number | string)[], onStatus: Record<string, StatusMeaning> = {}) => ({
  expect: expected,
  onStatus,
});

describe('meaningOf', () => {
  it.each([
    ['an expected status is good', 200, rules(['2xx']), 'ok'],
    ['a redirect is a failure', 301, rules(['2xx']), 'fail'],
    ['a status that passes is tried again', 503, rules(['2xx']), 'retry'],
    ['a status that is expected is not tried again', 503, rules([503]), 'ok'],
    ['a class can be listed', 404, rules(['2xx'], { '4xx': 'skip' }), 'skip'],
    ['a status comes before its class', 404, rules(['2xx'], { '4xx': 'fail', 404: 'skip' }), 'skip'],
    ['an expected status comes before a listed class', 404, rules([404], { '4xx': 'fail' }), 'ok'],
    ['a listed status comes before an expected one', 204, rules([204], { 204: 'skip' }), 'skip'],
    ['a listed class comes before an expected one', 204, rules(['2xx'], { '2xx': 'fail' }), 'fail'],
  ] as const)('%s', (_what, status, given, meaning) => {
    expect(meaningOf(status, given)).toBe(meaning);
  });

  it.each([408, 425, 429, 500, 502, 503, 504])('tries again by itself: %i', (status) => {
    expect(meaningOf(status, rules(['2xx']))).toBe('retry');
  });

  it('knows a meaning for every status', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 999 }), (status) => {
        const meaning = meaningOf(status, rules(['2xx']));
        expect(meaning === 'ok').toBe(status >= 200 && status <= 299);
      }),
    );
  });
});
