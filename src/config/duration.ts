/**
 * Durations as people write them: Go's grammar, which Kubernetes uses too, with the units h, m, s and ms
 * (https://pkg.go.dev/time#ParseDuration). A number without a unit is refused, as nobody can know what it means; so is a unit
 * that stands twice or behind a smaller one, which Go adds up, but which is a slip.
 */
import * as z from 'zod/mini';

/** The longest duration there is, in ms: 24 hours. A longer one is a slip, and no timer of Node can be that long. */
export const LONGEST_MS = 24 * 60 * 60 * 1000;

const UNIT_MS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };
const NUMBER = String.raw`([0-9]+(?:\.[0-9]*)?|\.[0-9]+)`;
const PART = `${NUMBER}(h|ms|m|s)`;
const GO_DURATION = new RegExp(`^(${PART})+$`);
const DURATION = new RegExp(`^(?=.)(${NUMBER}h)?(${NUMBER}m)?(${NUMBER}s)?(${NUMBER}ms)?$`);
const LONGEST_TEXT = 64;

export type ParsedDuration =
  | { readonly ok: true; readonly ms: number }
  /** What must hold, and what to do about it. */
  | { readonly ok: false; readonly rule: string; readonly remedy: string };

const RULE = 'must be a duration with a unit such as 30s or 1m30s';

function refused(rule: string, remedy: string): ParsedDuration {
  return { ok: false, rule, remedy };
}

/** Says what is wrong with something that isn't in the grammar. */
function explain(input: unknown): ParsedDuration {
  const text = String(input).trim();
  if (text.length > LONGEST_TEXT) return refused(RULE, `use at most ${LONGEST_TEXT} characters`);
  if (/^[-\u2212]/.test(text)) return refused(`${RULE}, and not negative`, `write ${withUnit(text.slice(1))}`);
  if (/[0-9](ns|us|\u00b5s|\u03bcs)/.test(text)) return refused(RULE, 'use the units h, m, s and ms');
  if (/[0-9] *d/.test(text)) return refused(RULE, 'use the units h, m, s and ms, and at most 24h');
  if (GO_DURATION.test(text) && !DURATION.test(text))
    return refused(`${RULE}, each unit once and the largest first`, 'write it as one sum');
  return refused(RULE, `write ${withUnit(text)}`);
}

const FOR_INSTANCE = 'for instance "30s"';

/** The text as the duration it probably was meant to be. From a thousand on, a number may well be one of milliseconds. */
function withUnit(text: string): string {
  if (/^[1-9][0-9]{3,}$/.test(text)) {
    return `"${formatDuration(Number(text))}" if these are milliseconds, "${text}s" if seconds`;
  }
  if (/^[0-9]+(\.[0-9]+)?$/.test(text)) return `"${text}s"`;
  const tidy = withLastUnit(withShortUnits(text.toLowerCase().replaceAll(/[\s_]/g, '')));
  return DURATION.test(tidy) ? `"${tidy}"` : FOR_INSTANCE;
}

/** `2min` and `5secs` as `2m` and `5s`. */
function withShortUnits(text: string): string {
  return text
    .replaceAll(/(?<=[0-9.])(?:milliseconds?|millis|msecs?)/g, 'ms')
    .replaceAll(/(?<=[0-9.])(?:hours?|hrs?)/g, 'h')
    .replaceAll(/(?<=[0-9.])(?:minutes?|mins?)/g, 'm')
    .replaceAll(/(?<=[0-9.])(?:seconds?|secs?)/g, 's');
}

/** `1h30` as `1h30m`, and `1m30` as `1m30s`. */
function withLastUnit(text: string): string {
  return text.replace(/(?<=h[0-9]{1,2})$/, 'm').replace(/(?<=m[0-9]{1,2})$/, 's');
}

/** Reads a duration from whatever the config holds; ms, rounded to whole ones. Never throws. */
export function parseDuration(input: unknown): ParsedDuration {
  if (typeof input !== 'string' && typeof input !== 'number') return refused(RULE, `write ${FOR_INSTANCE}`);
  if (typeof input === 'number' || input.length > LONGEST_TEXT || !DURATION.test(input)) return explain(input);
  const parts = [...input.matchAll(new RegExp(PART, 'g'))];
  const exact = parts.reduce((sum, [, number, unit]) => sum + Number(number) * (UNIT_MS[unit ?? ''] ?? 0), 0);
  const ms = Math.round(exact);
  return ms <= LONGEST_MS ? { ok: true, ms } : refused('must be at most 24h', 'write a shorter duration');
}

/** Writes a duration in ms for people, shortest form first: `1m30s`, `1.5s`, `500ms`, `0s`. Reads back as the same value. */
export function formatDuration(ms: number): string {
  if (!Number.isFinite(ms)) return String(ms);
  const whole = Math.round(Math.abs(ms));
  if (whole === 0) return '0s';
  const sign = ms < 0 ? '-' : '';
  if (whole < 1000) return `${sign}${whole}ms`;
  const hours = Math.floor(whole / 3_600_000);
  const minutes = Math.floor((whole % 3_600_000) / 60_000);
  const seconds = (whole % 60_000) / 1000;
  return sign + [hours && `${hours}h`, minutes && `${minutes}m`, seconds && `${seconds}s`].filter(Boolean).join('');
}

/** The schema of a duration: text in, ms out. `leastMs` is the shortest one accepted, in ms; 1 unless told. */
export function durationSchema({ leastMs = 1 }: { readonly leastMs?: number } = {}) {
  const about = 'A duration with a unit (h, m, s, ms), such as 30s, 1m30s or 500ms; at most 24h.';
  // A field describes itself instead; the comment stays.
  const described = z
    .unknown()
    .check(z.meta({ type: 'string', pattern: DURATION.source, description: about, $comment: about }));
  const read = z.transform((input: unknown, context): number => {
    const parsed = parseDuration(input);
    if (parsed.ok && parsed.ms >= leastMs) return parsed.ms;
    // A number that no unit makes long enough is too short first of all.
    const { rule, remedy } =
      parsed.ok || (leastMs > 0 && /^0+$/.test(String(input)))
        ? { rule: `must be at least ${formatDuration(leastMs)}`, remedy: 'write a longer duration' }
        : parsed;
    context.issues.push({ code: 'custom', input, message: rule, params: { remedy } });
    return z.NEVER;
  });
  return z.pipe(described, read);
}
