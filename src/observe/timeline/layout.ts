/** Where the rows of a picture lie, in pixels: labels beside the bars where there is room, above them where there is not. */
import type { RunBars } from './run-bars.ts';
import { placeOf, type Timeline } from './timeline.ts';

export interface Layout {
  readonly width: number;
  /** The bars' part of the width. */
  readonly laneX: number;
  readonly laneWidth: number;
  /** Where notes are, and how wide they may be; narrow pictures have them at the right end of the label's line. */
  readonly noteX: number;
  readonly noteWidth: number;
  readonly labelWidth: number;
  readonly narrow: boolean;
  readonly rowHeight: number;
  /** From the top of a row to that of its bar. */
  readonly barTop: number;
  readonly prefix: string;
  /** The x of an instant. */
  readonly x: (atMs: number) => number;
}

export const BAR_HEIGHT = 16;
export const AXIS_HEIGHT = 22;
export const HEAD_HEIGHT = 26;
const NARROW_BELOW = 620;
const EDGE = 8;
/** More than half a mark, which may stand at the very end of a lane. */
const NOTE_GAP = 12;

/** Lays out a picture `width` pixels wide, 240 at least. */
export function layoutOf({ window }: Timeline, width: number, prefix: string): Layout {
  const narrow = width < NARROW_BELOW;
  const labelWidth = narrow ? Math.floor(width * 0.42) : Math.min(210, Math.floor(width * 0.22));
  const noteWidth = narrow ? width - labelWidth - 3 * EDGE : Math.min(260, Math.floor(width * 0.26));
  const noteGap = narrow ? 0 : NOTE_GAP;
  const laneX = narrow ? EDGE : EDGE + labelWidth;
  const laneWidth = narrow ? width - 2 * EDGE : width - labelWidth - noteWidth - 2 * EDGE - noteGap;
  return {
    width,
    laneX,
    laneWidth,
    noteX: narrow ? width - EDGE : laneX + laneWidth + noteGap,
    noteWidth,
    labelWidth,
    narrow,
    rowHeight: narrow ? 42 : 24,
    barTop: narrow ? 21 : 4,
    prefix,
    x: (atMs) => round(laneX + placeOf(window, atMs) * laneWidth),
  };
}

/** The rows of a run, from the top: deliveries, tasks, then the time it used. */
export function rowsOf({ deliveries, tasks }: RunBars): number {
  return deliveries.length + tasks.length + 1;
}

/** Tenths of a pixel are enough, and keep files small. */
export function round(pixels: number): number {
  return Math.round(pixels * 10) / 10;
}
