import { createFilling, type VariableUse, variablesIn } from '../captured-values.ts';
import { codeOf } from './exec-code.ts';

/** What of a command may hold captured values. */
interface CommandTexts {
  /** The program and its arguments. */
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Where a command uses captured values. */
export function variablesOf({ command, env }: CommandTexts): VariableUse[] {
  const args = codeOf(command) === undefined ? command : [];
  return [
    ...args.flatMap((arg, index) => (index === 0 ? [] : variablesIn(arg, ['command', index]))),
    ...Object.entries(env).flatMap(([name, value]) => variablesIn(value, ['env', name])),
  ];
}

export type FilledCommand =
  | { readonly ok: true; readonly args: readonly string[]; readonly env: Readonly<Record<string, string>> }
  | { readonly ok: false; readonly problem: string };

/**
 * Puts captured values into the arguments and the environment, to which each is also added under its own name. Never into code,
 * that of `shell` or of `sh -c`: what a server answered would be run. There `"$name"` says the same, and is safe; and `$(date)`
 * means there what it always did.
 */
export function fillCommand({ command, env }: CommandTexts, captured: ReadonlyMap<string, string>): FilledCommand {
  const { fill, problem } = createFilling(captured);
  const isPlain = codeOf(command) === undefined;
  const args = command.slice(1).map((arg) => (isPlain ? fill(arg) : arg));
  const listed = Object.entries(env).map(([name, value]) => [name, fill(value)] as const);
  const missing = problem();
  if (missing !== undefined) return { ok: false, problem: missing };
  return { ok: true, args, env: { ...Object.fromEntries(captured), ...Object.fromEntries(listed) } };
}
