import type * as z from 'zod/mini';
import type { Figure } from './figure.ts';

/** Something about a task's settings that is known to be wrong, or doubtful, before any run. */
export interface ActionProblem {
  readonly severity: 'error' | 'warning';
  /** Where, below the kind's key: `['command', 0]` for `exec.command[0]`. */
  readonly path: readonly (string | number)[];
  /** What must hold: `must be an executable file`. */
  readonly rule: string;
  /** What is there instead, as people would write it. Never a secret. */
  readonly value: string;
  /** What to do about it. */
  readonly remedy: string;
}

/** The name of a value in a text where it does not stand for that value, though whoever wrote it may think so. */
export interface Lookalike {
  readonly name: string;
  /** Where, below the kind's key. */
  readonly path: readonly (string | number)[];
  /** As it stands there: `$(name)`. */
  readonly written: string;
  /** What it is instead, as a sentence goes on: `which is a command of the shell here`. */
  readonly why: string;
  /** What to do about it. */
  readonly remedy: string;
}

/** What a task keeps under a name for later, to be found again by that name. */
export interface Kept {
  /** Where, such that the same place has the same text. */
  readonly place: string;
  readonly name: string;
  /** What is kept, such that the same data has the same text. */
  readonly content: string;
  /** A word for it that may stand in a name, such as `conf`; may be empty. */
  readonly word: string;
  /** What a written name is with its placeholders filled in. */
  fill(written: string): string;
}

/** Where something that was kept is looked for, and the name. */
export type Sought = Pick<Kept, 'place' | 'name'>;

/** What the config has to know about a task's action. How it is run is the business of `hooks/task.ts`. */
export interface ActionFacts {
  /** One line for people, such as `exec /scripts/flush.sh`. Holds no secret. */
  readonly summary: string;
  /** How long it lasts by its own nature (a sleep), in ms; undefined where only a timeout bounds it. */
  readonly ownMs: number | undefined;
  /** What of its settings has to pass before it can succeed, and where that stands below the kind's key. Default: nothing. */
  readonly lasts?: readonly { readonly path: readonly (string | number)[]; readonly ms: number }[];
  /** How long it may take to end after it was told to stop, in ms (SIGTERM to SIGKILL of an `exec`). */
  readonly stopMs: number;
  /** What of `stopMs` is for taking back what it did, as a thaw, in ms: kept free also where little time is left. Default: 0. */
  readonly afterMs?: number;
  /** Names of values that it captures for later tasks of its hook. Default: none. */
  readonly captures?: readonly string[];
  /** Which captured values it needs, and where that stands below the kind's key. Default: none. */
  readonly uses?: readonly { readonly name: string; readonly path: readonly (string | number)[] }[];
  /** Where it has what looks like a captured value, and is none. Told where such a value is captured. Default: nowhere. */
  lookalikes?(): readonly Lookalike[];
  /** What it keeps when it is one of this container's tasks. Default: nothing. */
  keeps?(container: string): Kept | undefined;
  /** What was kept that it looks for when it is one of this container's tasks. Default: nothing. */
  seeks?(container: string): Sought;
  /** What the settings alone show to be wrong or doubtful, for whatever machine they are. Default: nothing. Never throws. */
  checkText?(): readonly ActionProblem[];
  /** Looks for what is wrong on this machine: missing files, commands that are not executable. Never throws. */
  check(): readonly ActionProblem[];
}

/**
 * One kind of task: the key under which it stands in the config (`exec`, `http`, …), and the schema that turns the
 * settings below that key into an action. The JSON Schema is made from the same schema, so it must describe its input. It is
 * made when it is asked for: most configs use few of the kinds, and are read once.
 */
export interface TaskKind<A extends ActionFacts> {
  readonly name: string;
  readonly schema: () => z.ZodMiniType<A>;
  /** Whether no task is of this kind, so that the schema is never asked. Default: no. */
  readonly unused?: boolean;
  /** What its tasks measure. Default: nothing. */
  readonly figures?: readonly Figure[];
}
