/** The patterns and letters that tell outcomes apart where colours do not. */
import { type Element, element } from './markup.ts';
import type { TaskState } from './run-view.ts';

export const LETTERS: Readonly<Record<TaskState, string>> = {
  succeeded: '✓',
  failed: 'F',
  timedOut: 'T',
  skipped: 'S',
  interrupted: 'I',
  running: 'R',
  pending: 'P',
};

const SIDE = 8;

/** What is drawn on one tile of the bar of a state; states that are not here have a plain bar. */
const TILES: Readonly<Partial<Record<TaskState | 'reserve', Element>>> = {
  failed: element('path', { class: 'hk-hatch', d: 'M-2 2 L2 -2 M0 8 L8 0 M6 10 L10 6' }),
  timedOut: element('path', { class: 'hk-hatch', d: 'M0 8 L8 0 M0 0 L8 8' }),
  skipped: element('circle', { class: 'hk-dot', cx: 2, cy: 2, r: 1 }),
  interrupted: element('path', { class: 'hk-hatch', d: 'M2 0 L2 8 M6 0 L6 8' }),
  running: element('path', { class: 'hk-hatch', d: 'M1 1 L4 4 L1 7' }),
  reserve: element('path', { class: 'hk-reserve', d: 'M-2 2 L2 -2 M0 8 L8 0 M6 10 L10 6' }),
};

/** Their definitions. `prefix` keeps those of several pictures in one document apart. */
export function patterns(prefix: string): Element {
  const tiles = Object.entries(TILES).map(([name, tile]) => {
    const size = { width: SIDE, height: SIDE, patternUnits: 'userSpaceOnUse' };
    return element('pattern', { id: `${prefix}-${name}`, ...size }, tile);
  });
  return element('defs', {}, ...tiles);
}

/** What fills a bar above its colour: a pattern, or nothing. */
export function patternFill(prefix: string, name: TaskState | 'reserve'): string {
  return name in TILES ? `url(#${prefix}-${name})` : 'none';
}
