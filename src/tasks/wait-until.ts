/**
 * The one loop in which tasks wait for a condition: how often, at least, at most, what must have been seen first, what if
 * there is no progress, and what if the target can't be read. The most is the task's `timeout`, which the caller keeps.
 */
import type { Condition, Reading } from '../config/condition.ts';
import { wait } from '../hooks/clock.ts';
import { seconds } from '../hooks/sentence.ts';
import type { AttemptContext, AttemptResult } from '../hooks/task.ts';

export interface WaitSettings {
  /** The wait between two looks, in ms. */
  readonly everyMs: number;
  /** The end counts only after this time, in ms. */
  readonly atLeastMs: number;
  /** The end counts only after this was seen to hold once; undefined: at once. */
  readonly seenFirst: Condition | undefined;
  /** Without progress for this time the wait fails, in ms; undefined: it goes on. */
  readonly stallMs: number | undefined;
  /** What a target means that refuses connections several times in a row: it is dead. */
  readonly gone: 'succeed' | 'fail' | 'skip';
}

/** So many refusals in a row are no restart of a listener, but a dead target. */
const GONE_AFTER = 3;

/** Progress is told when it changes, and at most so often, in ms. */
const TELL_EVERY_MS = 5000;

/** Waits until `condition` holds. Ends soon after the attempt's signal aborts. Never rejects. */
export async function waitUntil(
  condition: Condition,
  settings: WaitSettings,
  attempt: AttemptContext,
): Promise<AttemptResult> {
  const { clock, signal, captured } = attempt;
  const startedMs = clock.monotonicMs();
  const progress = createProgress(attempt, settings.stallMs);
  let seen = settings.seenFirst === undefined;
  let refusals = 0;
  for (;;) {
    if (!seen) seen = await holds(settings.seenFirst, attempt);
    const reading = await condition.read({ signal, clock, captured });
    if (signal.aborted) return progress.cutShort();
    refusals = reading.kind === 'unreadable' && reading.refused ? refusals + 1 : 0;
    if (refusals >= GONE_AFTER) return goneResult(settings.gone, reading);
    const elapsedMs = clock.monotonicMs() - startedMs;
    const early = elapsedMs < settings.atLeastMs;
    if (reading.kind === 'read' && reading.met && seen && !early) return { outcome: 'succeeded' };
    const stalled = progress.note(reading, seen);
    if (stalled !== undefined && !early) return { outcome: 'failed', reason: stalled, retryable: true };
    const untilLeastMs = early ? settings.atLeastMs - elapsedMs : Number.POSITIVE_INFINITY;
    if (!(await wait(clock, Math.min(settings.everyMs, Math.max(1, untilLeastMs)), signal))) return progress.cutShort();
  }
}

async function holds(condition: Condition | undefined, { signal, clock, captured }: AttemptContext): Promise<boolean> {
  const reading = await condition?.read({ signal, clock, captured });
  return reading?.kind === 'read' && reading.met;
}

function goneResult(gone: WaitSettings['gone'], reading: Reading): AttemptResult {
  const why = `found its target gone, ${describe(reading)}, ${GONE_AFTER} times in a row`;
  switch (gone) {
    case 'succeed':
      return { outcome: 'succeeded' };
    case 'skip':
      return { outcome: 'skipped', reason: why };
    case 'fail':
      return { outcome: 'failed', reason: why, retryable: false };
  }
}

function describe(reading: Reading): string {
  return reading.kind === 'read' ? reading.saw : reading.reason;
}

/** Tells of progress, and notices when there is none. */
function createProgress(attempt: AttemptContext, stallMs: number | undefined) {
  const { clock } = attempt;
  const firstMs = clock.monotonicMs();
  let changedMs = firstMs;
  let toldMs = Number.NEGATIVE_INFINITY;
  let told = '';
  let seen = 'nothing was seen yet';
  let least: number | undefined;
  let first: number | undefined;

  function tell(reading: Reading, seenFirst: boolean): void {
    const now = clock.monotonicMs();
    seen = `${describe(reading)}${seenFirst ? '' : ', and what must be seen first was not seen'}`;
    if (seen === told || now - toldMs < TELL_EVERY_MS) return;
    told = seen;
    toldMs = now;
    const left = reading.kind === 'read' ? reading.left : undefined;
    attempt.progress(`waits: ${seen}${estimate(left, now)}`);
  }

  function estimate(left: number | undefined, now: number): string {
    if (left === undefined || first === undefined || left >= first || left <= 0) return '';
    return `, done in about ${seconds((left * (now - firstMs)) / (first - left))}`;
  }

  return {
    /** Takes a reading; gives the reason if there was no progress for too long. */
    note(reading: Reading, seenFirst: boolean): string | undefined {
      const left = reading.kind === 'read' ? reading.left : undefined;
      first ??= left;
      const moved = left !== undefined ? least === undefined || left < least : describe(reading) !== seen;
      if (moved) changedMs = clock.monotonicMs();
      if (left !== undefined) least = Math.min(left, least ?? left);
      tell(reading, seenFirst);
      const stillMs = clock.monotonicMs() - changedMs;
      if (stallMs === undefined || stillMs < stallMs) return undefined;
      return `made no progress for ${seconds(stillMs)}: ${seen}`;
    },
    cutShort: (): AttemptResult => ({ outcome: 'failed', reason: `was still waiting: ${seen}`, retryable: false }),
  };
}
