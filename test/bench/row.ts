import type { Scratch } from './scratch.ts';
import { type Figure, figureOf } from './statistics.ts';
import type { Side } from './turns.ts';

/** Two sides that were measured in one run: the ratio is what to quote, as it depends least on the machine. */
export interface Comparison {
  readonly measure: string;
  readonly unit: 'ms' | 'MB' | '/s' | '%';
  readonly hookkeeper: Figure;
  readonly peer: string;
  readonly peerFigure: Figure;
  /** Hookkeeper's median divided by the peer's. */
  readonly ratio: number;
  /** The largest ratio that we want to have; nothing fails where it is missed. Undefined: none is set. */
  readonly aim: number | undefined;
}

export interface RowResult {
  readonly comparisons: readonly Comparison[];
  /** What a reader has to know to understand the figures. */
  readonly notes: readonly string[];
}

/** What a row works with. */
export interface Bench {
  /** The built program, as an absolute path. */
  readonly program: string;
  readonly rounds: number;
  readonly scratch: Scratch;
  /** Is told how many rounds are done. */
  readonly progress: (done: number) => void;
}

/** One question, and how it is measured. */
export interface Row {
  readonly name: string;
  readonly about: string;
  /** How many rounds are enough on a quiet machine. */
  readonly rounds: number;
  readonly run: (bench: Bench) => Promise<RowResult>;
}

type What = Pick<Comparison, 'measure' | 'unit'> & { readonly aim?: number };

/** Puts what both sides measured together. */
export function compare(what: What, ours: Pick<Side, 'values'>, peer: Pick<Side, 'name' | 'values'>): Comparison {
  const [hookkeeper, peerFigure] = [figureOf(ours.values), figureOf(peer.values)];
  const ratio = hookkeeper.median / peerFigure.median;
  return { aim: undefined, ...what, hookkeeper, peer: peer.name, peerFigure, ratio };
}

/** Whether a ratio is within its aim, as it is shown: who reads 1.00 where 1 was the aim is not to wonder. */
export function isReached(ratio: number, aim: number): boolean {
  return Number(ratio.toFixed(2)) <= aim;
}
