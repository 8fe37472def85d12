/**
 * The one loop in which tasks wait for a condition: how often, at least, at most, what must have been seen first, what if
 * there is no progress, and what if the target can't be read. The most is the task's `timeout`, which the caller keeps.
 */
import type { Condition, Reading } from '../../config/condition.ts';
import { wait } from '../../hooks/clock.ts';
import { seconds } from '../../hooks/sentence.ts';
import type { AttemptContext, AttemptResult } from '../../hooks/task.ts';

export interface WaitSettings {
  /** The wait between two looks, in ms; the longest one, where there is a `pause`. */
  readonly everyMs: number;
  /** Waits so long, or until there is something to see; false when the signal aborted. Default: waits the whole time. */
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<boolean>;
  /** The end counts only after this time, in ms; that of a dead target, too. */
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
  const { clock, signal } = attempt;
  const startedMs = clock.monotonicMs();
  const progress = createProgress(attempt, settings.stallMs);
  const pause = settings.pause ?? ((ms) => wait(clock, ms, signal));
  let missing = settings.seenFirst;
  let refusals = 0;
  // In a postStart the target is not there yet: what was never there is not gone.
  let mayBeGone = attempt.hook === 'preStop';
  for (;;) {
    if (missing !== undefined && (await holds(missing, attempt))) missing = undefined;
    const reading = await condition.read(attempt);
    if (signal.aborted) return progress.cutShort();
    mayBeGone ||= reading.kind === 'read';
    refusals = mayBeGone && reading.kind === 'unreadable' && reading.refused ? refusals + 1 : 0;
    const toLeastMs = settings.atLeastMs - (clock.monotonicMs() - startedMs);
    const stalled = progress.note(reading, missing);
    if (toLeastMs <= 0) {
      if (refusals >= GONE_AFTER) return goneResult(settings.gone, reading, attempt);
      if (reading.kind === 'read' && reading.met && missing === undefined) return { outcome: 'succeeded' };
      if (stalled !== undefined) return { outcome: 'failed', reason: stalled, retryable: true };
    }
    // A part of a millisecond is a timer that fires at once.
    const waitMs = toLeastMs > 0 ? Math.min(settings.everyMs, Math.ceil(toLeastMs)) : settings.everyMs;
    if (!(await pause(waitMs, signal))) return progress.cutShort();
  }
}

async function holds(condition: Condition, attempt: AttemptContext): Promise<boolean> {
  const reading = await condition.read(attempt);
  return reading.kind === 'read' && reading.met;
}

function goneResult(gone: WaitSettings['gone'], reading: Reading, { progress }: AttemptContext): AttemptResult {
  const why = `found its target gone, ${describe(reading)}, ${GONE_AFTER} times in a row`;
  switch (gone) {
    case 'succeed':
      progress(why);
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
  let movedMs = firstMs;
  let toldMs = Number.NEGATIVE_INFINITY;
  let told = '';
  let seen = 'nothing was seen yet';
  let first: number | undefined;
  let least: number | undefined;

  /** Progress is a number that is smaller than ever before, or, where there is none, anything new. */
  function hasMoved(left: number | undefined, nowSeen: string): boolean {
    return left === undefined ? nowSeen !== seen : least === undefined || left < least;
  }

  function tell(left: number | undefined, nowMs: number): void {
    if (seen === told || nowMs - toldMs < TELL_EVERY_MS) return;
    told = seen;
    toldMs = nowMs;
    attempt.progress(`waits: ${seen}${estimate(left, nowMs)}`);
  }

  function estimate(left: number | undefined, nowMs: number): string {
    if (left === undefined || first === undefined || left >= first || left <= 0) return '';
    return `, done in about ${seconds((left * (nowMs - firstMs)) / (first - left))}`;
  }

  return {
    /** Takes a reading, and what is still missing; gives the reason if there was no progress for too long. */
    note(reading: Reading, missing: Condition | undefined): string | undefined {
      const nowMs = clock.monotonicMs();
      const left = reading.kind === 'read' ? reading.left : undefined;
      const nowSeen = `${describe(reading)}${missing === undefined ? '' : `, and it was not seen yet that ${missing.summary}`}`;
      if (hasMoved(left, nowSeen)) movedMs = nowMs;
      seen = nowSeen;
      first ??= left;
      if (left !== undefined) least = Math.min(left, least ?? left);
      const met = reading.kind === 'read' && reading.met && missing === undefined;
      if (!met) tell(left, nowMs);
      const stillMs = nowMs - movedMs;
      if (stallMs === undefined || stillMs < stallMs) return undefined;
      return `made no progress for ${seconds(stillMs)}: ${seen}`;
    },
    cutShort: (): AttemptResult => ({ outcome: 'failed', reason: `was still waiting: ${seen}`, retryable: false }),
  };
}
