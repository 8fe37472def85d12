import { describe, expect, it } from 'vitest';
import { isStarting, outlasts } from '../../src/hooks/outlasts.ts';
import { ended, running } from './records.ts';

const about = { incarnation: 'life-1', sequence: 1, atMs: 0 };
const byApi = { source: 'api', graceMs: 30_000, reserveMs: 5000, toldByApi: true } as const;

describe('that the grace of the pod is not over', () => {
  it('is shown by a postStart that is being executed, as a deletion waits for it', () => {
    expect(isStarting(running('postStart', about))).toBe(true);
    expect(outlasts(running('postStart', about))).toBe(true);
  });

  it('is shown by a preStop that has the grace which the API server tells', () => {
    expect(isStarting({ ...running('preStop', about), deadline: byApi })).toBe(false);
    expect(outlasts({ ...running('preStop', about), deadline: byApi })).toBe(true);
  });

  it('is shown by it also where the timeout of the hook ends it before', () => {
    const deadline = { ...byApi, source: 'preStop.timeout', reserveMs: 20_000 } as const;
    expect(outlasts({ ...running('preStop', about), deadline })).toBe(true);
    expect(outlasts({ ...running('preStop', about), deadline: { ...deadline, toldByApi: undefined } })).toBe(false);
  });

  it('is not shown by a preStop with the grace of the config', () => {
    expect(outlasts(running('preStop', about))).toBe(false);
  });

  it('is shown by nothing that has ended', () => {
    expect(isStarting(ended('postStart', about))).toBe(false);
    expect(outlasts(ended('postStart', about))).toBe(false);
    expect(outlasts({ ...ended('preStop', about), deadline: byApi })).toBe(false);
  });
});
