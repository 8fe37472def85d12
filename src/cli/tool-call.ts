import type { Given } from './options.ts';

/** What the command line gives a tool. */
export interface ToolCall {
  readonly values: ReadonlyMap<string, Given>;
  readonly env: Readonly<NodeJS.ProcessEnv>;
  readonly write: (text: string) => void;
  /** Writes to standard error. */
  readonly tell: (text: string) => void;
  /** The version of the program. */
  readonly version: string;
  /** Whether `write` goes to a terminal. */
  readonly terminal: boolean;
  /** Whether it goes to one that shows colours. */
  readonly colour: boolean;
  /** How wide the output may be. */
  readonly columns: number;
  /** Says on standard error what is wrong with the command line; returns the exit code for it. */
  readonly usage: (problem: string) => number;
}
