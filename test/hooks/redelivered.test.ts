import { describe, expect, it } from 'vitest';
import type { Delivery } from '../../src/hooks/delivery.ts';
import { seenAgain, stopOf } from '../../src/hooks/redelivered.ts';
import { OWN_SIGTERM, type Stop, UNKNOWN_STOP } from '../../src/journal/entry.ts';
import { interrupted } from './records.ts';

const run = interrupted('preStop', { incarnation: 'life-1', sequence: 1, atMs: 1000 });
const delivery: Delivery = { hook: 'preStop', container: 'app', caller: 'kubelet', key: undefined, atMs: 4000 };

describe('one more delivery of a run', () => {
  it('is its last one, and is counted', () => {
    expect(seenAgain({ ...run, deliveries: 2 }, delivery)).toEqual({ lastDeliveryAtMs: 4000, deliveries: 3 });
  });

  it('is not counted where nobody sent it', () => {
    const unsent = { ...delivery, withoutHook: true } as const;
    expect(seenAgain({ ...run, deliveries: 2 }, unsent)).toEqual({ lastDeliveryAtMs: 4000, deliveries: 2 });
  });

  it('is not counted where it joins a run that nobody had sent', () => {
    expect(seenAgain({ ...run, deliveries: 0 }, delivery)).toEqual({ lastDeliveryAtMs: 4000, deliveries: 0 });
  });
});

describe('what is known of a stop that goes on', () => {
  it('is what was known, but for our own SIGTERM', () => {
    const told: Stop = { reason: 'termination', source: 'api', why: 'the API server says that the pod was deleted' };
    expect(stopOf({ ...run, stop: told })).toEqual(told);
    expect(stopOf({ ...run, stop: OWN_SIGTERM })).toEqual(UNKNOWN_STOP);
  });

  it('is nothing where nothing was', () => {
    expect([stopOf(undefined), stopOf(run)]).toEqual([UNKNOWN_STOP, UNKNOWN_STOP]);
  });
});
