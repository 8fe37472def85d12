/** What a verdict is, and what it is made of. */
import type { Config } from '../config/config.ts';
import type { ActionFacts } from '../config/task-kind.ts';
import type { RunRecord } from '../journal/entry.ts';
import type { RehearsedLife } from './rehearsed-life.ts';
import type { Scenario } from './scenarios.ts';

/** One promise, or what people want of their own tasks, and whether this life shows that it is kept. */
export interface Verdict {
  /** `P1` to `P8`; null where it is about the tasks and not about Hookkeeper. */
  readonly promise: string | null;
  readonly name: string;
  readonly held: boolean;
  /** What was counted, in a sentence. */
  readonly why: string;
}

export interface VerdictInput {
  readonly life: RehearsedLife;
  readonly config: Config<ActionFacts>;
  readonly mayFail: Scenario['mayFail'];
  /** Why the scenario could not be played to its end; undefined where it was. */
  readonly problem: string | undefined;
}

/** Held where nothing is broken. */
export function verdict(promise: string | null, name: string, broken: readonly string[], why: string): Verdict {
  return { promise, name, held: broken.length === 0, why: broken.length === 0 ? why : broken.join('; ') };
}

/** A run in a sentence. */
export function titleOf({ hook, container }: RunRecord): string {
  return `${hook} of ${container}`;
}

/** `1 task`, `2 tasks`. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}
