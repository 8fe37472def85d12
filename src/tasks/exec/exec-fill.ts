import { basename } from 'node:path';
import { createFilling, type VariableUse, variablesIn } from '../captured-values.ts';

/** What of a command may hold captured values. */
interface CommandTexts {
  /** The program and its arguments. */
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Programs to which an argument is code, and the option that says so. */
const CODE: readonly (readonly [program: RegExp, option: RegExp])[] = [
  [/^(sh|bash|dash|ash|ksh|zsh|python[0-9.]*)$/, /^-[A-Za-z]*c$/],
  [/^(perl|ruby|node)$/, /^-[A-Za-z]*[eEp]$/],
];

/** Where a command uses captured values. */
export function variablesOf({ command, env }: CommandTexts): VariableUse[] {
  const args = holdsCode(command) ? [] : command;
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
  const args = command.slice(1).map((arg) => (holdsCode(command) ? arg : fill(arg)));
  const listed = Object.entries(env).map(([name, value]) => [name, fill(value)] as const);
  const missing = problem();
  if (missing !== undefined) return { ok: false, problem: missing };
  return { ok: true, args, env: { ...Object.fromEntries(captured), ...Object.fromEntries(listed) } };
}

function holdsCode([file = '', ...args]: readonly string[]): boolean {
  return CODE.some(([program, option]) => program.test(basename(file)) && args.some((arg) => option.test(arg)));
}
