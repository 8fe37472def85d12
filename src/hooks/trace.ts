/**
 * W3C Trace Context, level 1 (w3.org/TR/trace-context-1): a run has one trace ID, and each attempt a span ID of its own, so that
 * what a hook caused elsewhere is found again. Hookkeeper itself sends no spans.
 */

/** version, trace ID, parent (span) ID, flags. A later version may have more behind them; `ff` and IDs of zeros are none. */
const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.{0,200})?$/;

/** "Sampled": hooks are rare, and a service that follows its caller's choice would else keep nothing of them. */
const SAMPLED = '01';

interface Trace {
  readonly id: string;
  readonly flags: string;
}

/** A `traceparent` with a span of its own: in the trace of `given`, where that is well formed, else in a new one. */
export function nextSpan(given: string | undefined, random: () => number): string {
  const { id, flags } = (given === undefined ? undefined : parse(given)) ?? { id: hex(32, random), flags: SAMPLED };
  return `00-${id}-${hex(16, random)}-${flags}`;
}

/** The trace ID of a `traceparent`; undefined for what is none. */
export function traceId(traceparent: string): string | undefined {
  return parse(traceparent)?.id;
}

function parse(traceparent: string): Trace | undefined {
  const [, version, id, , flags, more] = TRACEPARENT.exec(traceparent) ?? [];
  if (id === undefined || flags === undefined) return undefined;
  // The first version ends with its flags, of which only the lowest bit has a meaning that we may pass on.
  if (version === '00' && more !== undefined) return undefined;
  return { id, flags: Number.parseInt(flags, 16) % 2 === 1 ? SAMPLED : '00' };
}

/** Hexadecimal digits, of which not all are 0. */
function hex(digits: number, random: () => number): string {
  const drawn = Array.from({ length: digits }, () => Math.floor(random() * 16).toString(16)).join('');
  return /[^0]/.test(drawn) ? drawn : drawn.replace(/.$/, '1');
}
