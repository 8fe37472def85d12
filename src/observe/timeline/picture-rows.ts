/** The rows of a picture: what is drawn of a delivery, of a task, of the time used, and of an instant. */
import { visible } from '../visible-text.ts';
import { BAR_HEIGHT, type Layout, round } from './layout.ts';
import { type Element, element } from './markup.ts';
import { LETTERS, patternFill } from './patterns.ts';
import type { DeliveryBar, Piece, RunBars, TaskBar } from './run-bars.ts';
import type { TaskState } from './run-view.ts';
import { isOpen } from './shown.ts';
import type { Mark } from './timeline.ts';
import { deliveryLabel, taskNote, taskSentence, timeUsed } from './words.ts';

/** The narrowest bar that is still seen, and the narrowest that holds a letter, in pixels. */
const LEAST_BAR = 3;
const LEAST_FOR_LETTER = 14;

export function deliveryRow(layout: Layout, y: number, bar: DeliveryBar, run: RunBars): Element {
  const { broken, served } = bar.delivery;
  const [from, to] = [layout.x(bar.span.startMs), layout.x(bar.span.endMs)];
  const middle = y + layout.barTop + BAR_HEIGHT / 2;
  const ends = isOpen(bar, run) ? [] : [broken ? lostEnd(to, middle) : answeredEnd(to, middle)];
  const label = deliveryLabel(bar);
  return row(layout, y, { label, note: served, sentence: served === '' ? label : `${label}: ${served}`, soft: true }, [
    element('path', { class: 'hk-delivery', d: `M${from} ${middle - 5} v10 M${from} ${middle} H${to}` }),
    ...ends,
  ]);
}

export function answeredEnd(x: number, y: number): Element {
  return element('circle', { class: 'hk-knob', cx: x, cy: y, r: 3.5 });
}

export function lostEnd(x: number, y: number): Element {
  return element('path', { class: 'hk-delivery', d: `M${x - 4} ${y - 4} l8 8 m0 -8 l-8 8` });
}

export function taskRow(layout: Layout, y: number, bar: TaskBar): Element {
  const { task, pieces } = bar;
  const top = y + layout.barTop;
  const drawn = pieces.map((piece) => pieceOf(layout, top, piece));
  const last = pieces.findLast((piece) => piece.kind === 'attempt');
  if (last !== undefined) drawn.push(...letterBeside(layout, top, last));
  if (pieces.length === 0 && task.startedAtMs !== null) drawn.push(token(layout, top, task.state, task.startedAtMs));
  const note = taskNote(bar);
  return row(layout, y, { label: task.name, note, sentence: taskSentence(bar), soft: task.state === 'pending' }, drawn);
}

function pieceOf(layout: Layout, top: number, piece: Piece): Element {
  const from = layout.x(piece.span.startMs);
  const width = round(layout.x(piece.span.endMs) - from);
  if (piece.kind === 'wait') {
    return element('path', { class: 'hk-wait', d: `M${from} ${top + BAR_HEIGHT / 2} h${width}` });
  }
  return barOf(layout, top, piece.state, from, Math.max(LEAST_BAR, width));
}

/** The letter of a bar's end that has no room for it. */
function letterBeside(layout: Layout, top: number, { state, span }: Piece & { readonly kind: 'attempt' }): Element[] {
  const [from, to] = [layout.x(span.startMs), layout.x(span.endMs)];
  if (to - from >= LEAST_FOR_LETTER) return [];
  const right = Math.max(to, from + LEAST_BAR) + 8;
  const x = right + 6 > layout.laneX + layout.laneWidth ? from - 8 : right;
  return [element('text', { class: 'hk-letter', x: round(x), y: top + 12 }, LETTERS[state])];
}

/** Something that did not last: a small box with its letter, kept inside the lane. */
function token(layout: Layout, top: number, state: TaskState, atMs: number): Element {
  const right = layout.laneX + layout.laneWidth;
  return barOf(layout, top, state, Math.min(layout.x(atMs), right - LEAST_FOR_LETTER), LEAST_FOR_LETTER);
}

function barOf(layout: Layout, top: number, state: TaskState, startX: number, width: number): Element {
  const x = round(Math.min(startX, layout.laneX + layout.laneWidth - width));
  const box = { x, y: top, width, height: BAR_HEIGHT, rx: Math.min(3, width / 2) };
  const fill = patternFill(layout.prefix, state);
  const letter = element('text', { class: 'hk-letter', x: x + 8, y: top + 12 }, LETTERS[state]);
  return element(
    'g',
    {},
    element('rect', { ...box, class: `hk-bar hk-${state}` }),
    ...(fill === 'none' ? [] : [element('rect', { ...box, fill })]),
    ...(width < LEAST_FOR_LETTER ? [] : fill === 'none' ? [letter] : [plate(x, top, state), letter]),
  );
}

/** Keeps a letter readable on a pattern. */
function plate(x: number, top: number, state: TaskState): Element {
  return element('rect', { class: `hk-${state}`, x: x + 2, y: top + 2, width: 11, height: BAR_HEIGHT - 4, rx: 2 });
}

/** The working time on a scale of its own: what was used, what was left, and the reserve. */
export function gaugeRow(layout: Layout, y: number, bars: RunBars): Element {
  const { graceMs, reserveMs } = bars.run.deadline;
  const { laneX, laneWidth, barTop, prefix } = layout;
  const widthOf = (ms: number) => round(Math.min(1, Math.max(0, ms / Math.max(1, graceMs))) * laneWidth);
  const box = { y: y + barTop + 4, height: BAR_HEIGHT - 8 };
  const reserve = widthOf(reserveMs);
  const note = timeUsed(bars);
  return row(layout, y, { label: 'time used', note, sentence: `time used: ${note}`, soft: true }, [
    element('rect', { ...box, class: 'hk-used', x: laneX, width: widthOf(bars.usedMs) }),
    element('rect', { ...box, fill: patternFill(prefix, 'reserve'), x: laneX + laneWidth - reserve, width: reserve }),
    element('rect', { ...box, class: 'hk-gauge', x: laneX, width: laneWidth }),
  ]);
}

export function markRow(layout: Layout, y: number, { label, atMs, note }: Mark): Element {
  const x = layout.x(atMs);
  const top = y + layout.barTop;
  return row(layout, y, { label, note, sentence: note === '' ? label : `${label}: ${note}`, soft: false }, [
    element('path', { class: 'hk-mark', d: `M${x} ${top + 1} l6 13 h-12 z` }),
  ]);
}

interface Words {
  readonly label: string;
  readonly note: string;
  /** All that there is to say: for screen readers, and for who points at the row. */
  readonly sentence: string;
  readonly soft: boolean;
}

/** A row can be reached by keyboard, and says what it is. */
function row(layout: Layout, y: number, { label, note, sentence, soft }: Words, drawing: readonly Element[]): Element {
  const { laneX, laneWidth, barTop, noteX, narrow } = layout;
  const { labelWidth, noteWidth } = shares(layout, label, note);
  const baseline = y + (layout.narrow ? 15 : 17);
  const said = visible(sentence);
  const lane = { x: laneX, y: y + barTop - 1, width: laneWidth, height: BAR_HEIGHT + 2, rx: 3 };
  const colour = soft ? { class: 'hk-soft' } : {};
  return element(
    'g',
    { class: 'hk-row', role: 'img', tabindex: 0, 'aria-label': said, 'data-key': visible(label) },
    element('title', {}, said),
    element('rect', { ...lane, class: 'hk-lane' }),
    element('text', { ...colour, x: 8, y: baseline }, cut(label, labelWidth - (narrow ? LABEL_GAP : 6))),
    element(
      'text',
      { class: 'hk-soft', x: noteX, y: baseline, ...(narrow && { 'text-anchor': 'end' }) },
      cut(note, noteWidth),
    ),
    ...drawing,
  );
}

/** Between a label and its note, in pixels: letters may be wider than the mean. */
const LABEL_GAP = 20;

/** On the one line of a narrow row the label gets what its note leaves, and the other way round. */
function shares({ narrow, labelWidth, noteWidth }: Layout, label: string, note: string) {
  if (!narrow) return { labelWidth, noteWidth };
  const [ofLabel, ofNote] = [widthOf(label) + LABEL_GAP, widthOf(note)];
  const whole = labelWidth + noteWidth;
  const forLabel = Math.max(labelWidth, Math.min(ofLabel, whole - ofNote));
  return { labelWidth: forLabel, noteWidth: whole - Math.min(forLabel, ofLabel) };
}

function widthOf(text: string): number {
  return visible(text).length * CHARACTER;
}

/** The mean width of a character at our size, in pixels. */
const CHARACTER = 6.4;

/** As much of a text as a width has room for. */
export function cut(text: string, width: number): string {
  const shown = visible(text);
  const room = Math.max(1, Math.floor(width / CHARACTER));
  return shown.length <= room ? shown : `${shown.slice(0, room - 1).toWellFormed()}…`;
}
