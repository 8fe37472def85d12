/** One or more runs on a common scale of time, with the instants around them: what every picture is drawn from. */
import { type RunBars, runBars, type Span } from './run-bars.ts';
import type { RunView } from './run-view.ts';

/** An instant that is worth a line of its own, such as a SIGTERM to the app. */
export interface Mark {
  readonly label: string;
  /** On the wall clock, in ms since 1970. */
  readonly atMs: number;
  readonly note: string;
}

export interface Timeline {
  readonly runs: readonly RunBars[];
  readonly marks: readonly Mark[];
  /** What is drawn; everything that happened lies inside. The end of a grace may not: it can be far away. */
  readonly window: Span;
  /** The instant of the picture, where something goes on. */
  readonly nowMs: number | undefined;
}

/** The end of the grace is drawn where what happened takes at least this part of the way to it; else bars would be dots. */
const LEAST_PART = 0.2;

/** Puts runs on one scale, as they were, or are, at `nowMs`. */
export function timelineOf(runs: readonly RunView[], marks: readonly Mark[], nowMs: number): Timeline {
  const bars = runs.map((run) => runBars(run, nowMs));
  const instants = [...bars.flatMap(({ span }) => [span.startMs, span.endMs]), ...marks.map(({ atMs }) => atMs)];
  const startMs = Math.min(...instants, Infinity);
  if (startMs === Infinity) return { runs: [], marks, window: { startMs: nowMs, endMs: nowMs + 1 }, nowMs: undefined };
  const lastMs = Math.max(...instants);
  const running = bars.filter(({ run }) => run.state === 'running');
  const near = (endMs: number) => lastMs - startMs >= LEAST_PART * (endMs - startMs);
  const limits = bars
    .filter((each) => running.includes(each) || near(each.reserve.endMs))
    .map(({ reserve }) => reserve.endMs);
  return {
    runs: bars,
    marks,
    window: { startMs, endMs: Math.max(lastMs, startMs + 1, ...limits) },
    nowMs: running.length > 0 ? lastMs : undefined,
  };
}

/** Where an instant lies in a window: 0 at its start, 1 at its end. */
export function placeOf(window: Span, atMs: number): number {
  return Math.min(1, Math.max(0, (atMs - window.startMs) / Math.max(1, window.endMs - window.startMs)));
}

/** Steps of an axis in seconds, from which the finest that leaves its numbers room is taken. */
const STEPS_S = [
  0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21_600, 86_400,
];

/** The numbers of an axis from the start of the window, at most `most` of them: `0 s`, `0.5 s`, `2 m`. */
export function ticksOf({ startMs, endMs }: Span, most: number): { readonly atMs: number; readonly label: string }[] {
  const lengthS = (endMs - startMs) / 1000;
  const stepS = STEPS_S.find((each) => lengthS / each < most) ?? lengthS;
  const count = stepS > 0 ? Math.min(most, Math.floor(lengthS / stepS) + 1) : 1;
  return Array.from({ length: count }, (_, n) => ({
    atMs: startMs + n * stepS * 1000,
    label: tickLabel(n * stepS, stepS),
  }));
}

function tickLabel(s: number, stepS: number): string {
  if (stepS >= 3600) return `${Number((s / 3600).toFixed(1))} h`;
  return stepS >= 60 ? `${s / 60} m` : `${Number(s.toFixed(2))} s`;
}
