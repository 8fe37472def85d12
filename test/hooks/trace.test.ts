import { describe, expect, it } from 'vitest';
import { nextSpan, traceId } from '../../src/hooks/trace.ts';

const ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const GIVEN = `00-${ID}-00f067aa0ba902b7-01`;
const WELL_FORMED = /^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/;
const lowest = () => 0;

describe('a traceparent', () => {
  it('goes on with the trace of the one that was given, in a span of its own', () => {
    const made = nextSpan(GIVEN, Math.random);
    expect(made).toMatch(new RegExp(`^00-${ID}-[0-9a-f]{16}-01$`));
    expect(made).not.toBe(GIVEN);
    expect(traceId(made)).toBe(ID);
  });

  it('begins a trace where there is none, and asks for it to be kept', () => {
    const made = nextSpan(undefined, Math.random);
    expect(made).toMatch(WELL_FORMED);
    expect(made.endsWith('-01')).toBe(true);
    expect(traceId(nextSpan(undefined, Math.random))).not.toBe(traceId(made));
  });

  it("keeps the caller's wish not to be sampled, and no flag that it does not know", () => {
    expect(nextSpan(`00-${ID}-00f067aa0ba902b7-00`, Math.random)).toMatch(/-00$/);
    expect(nextSpan(`00-${ID}-00f067aa0ba902b7-fe`, Math.random)).toMatch(/-00$/);
    expect(nextSpan(`00-${ID}-00f067aa0ba902b7-ff`, Math.random)).toMatch(/-01$/);
  });

  it('takes a later version for what this one can read of it', () => {
    expect(traceId(`cc-${ID}-00f067aa0ba902b7-01-what-the-future-brings`)).toBe(ID);
  });

  it.each([
    ['empty', ''],
    ['another text', 'hello'],
    ['with a trace of zeros', `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`],
    ['with a parent of zeros', `00-${ID}-${'0'.repeat(16)}-01`],
    ['in capitals', GIVEN.toUpperCase()],
    ['with more than its version has', `${GIVEN}-more`],
    ['of a version that there never is', `ff${GIVEN.slice(2)}`],
    ['with a line end', `${GIVEN}\r\nX-Injected: 1`],
    ['of a header that came twice', `${GIVEN}, ${GIVEN}`],
  ])('that is %s begins a new trace', (_what, given) => {
    expect(traceId(given)).toBeUndefined();
    expect(nextSpan(given, Math.random)).toMatch(WELL_FORMED);
    expect(nextSpan(given, Math.random)).not.toContain(ID);
  });

  it('is never of zeros alone, whatever is drawn', () => {
    expect(traceId(nextSpan(undefined, lowest))).toBe(`${'0'.repeat(31)}1`);
  });
});
