import { expect, it } from 'vitest';
import { lifeReport } from '../../src/server/life-report.ts';

it('the life of the service is told in wall-clock time', () => {
  const clock = { epochMs: () => 1_800_000_000_000, monotonicMs: () => 5000 };
  const told = { signal: 'SIGTERM', sinceMs: 4000 } as const;
  expect([
    lifeReport({ state: 'serving' }, clock),
    lifeReport({ state: 'awaiting', ...told, containers: ['app'], untilMs: 9000 }, clock),
    lifeReport({ state: 'finishing', ...told, untilMs: undefined }, clock),
    lifeReport({ state: 'finishing', ...told, untilMs: 5500 }, clock),
    lifeReport({ state: 'stopping', code: 0, why: 'nothing is left to do' }, clock),
  ]).toEqual([
    { state: 'serving' },
    {
      state: 'awaiting',
      signal: 'SIGTERM',
      sinceAtMs: 1_799_999_999_000,
      untilAtMs: 1_800_000_004_000,
      awaited: ['app'],
    },
    { state: 'finishing', signal: 'SIGTERM', sinceAtMs: 1_799_999_999_000 },
    { state: 'finishing', signal: 'SIGTERM', sinceAtMs: 1_799_999_999_000, untilAtMs: 1_800_000_000_500 },
    { state: 'stopping', why: 'nothing is left to do' },
  ]);
});
