import type { Lookalike } from '../../config/task-kind.ts';
import { bracesIn, parenthesesIn } from '../lookalikes.ts';
import { type Code, codeOf } from './exec-code.ts';

interface ExecTexts {
  readonly command?: readonly string[] | undefined;
  readonly shell?: string | undefined;
  readonly env: Readonly<Record<string, string>>;
}

/** Where a command has the name of a captured value in a form that means something else there. */
export function lookalikesIn({ command = [], shell, env }: ExecTexts): Lookalike[] {
  const code = codeOf(command);
  return [
    ...parenthesesIn(shell, ['shell'], inShell),
    ...(code === undefined ? inArguments(command) : inCode(command, code)),
    ...Object.entries(env).flatMap(([name, value]) => bracesIn(value, ['env', name])),
  ];
}

function inShell(name: string) {
  return { why: 'which is a command of the shell here', remedy: `write "$${name}"` };
}

/** Behind a program that starts a shell, as `timeout 5 sh -c` does, braces are right. */
function inArguments(command: readonly string[]): Lookalike[] {
  const begin = command.findIndex((_, index) => codeOf(command.slice(index)) !== undefined);
  const args = begin === -1 ? command : command.slice(0, begin);
  return args.flatMap((arg, index) => (index === 0 ? [] : bracesIn(arg, ['command', index])));
}

function inCode(command: readonly string[], { at, isShell, lookUp }: Code): Lookalike[] {
  const beside = (name: string) => ({
    why: 'as nothing is put into the arguments of a command with code',
    remedy: `use ${lookUp(name)} in the code`,
  });
  const inside = (name: string) =>
    isShell ? inShell(name) : { why: 'as nothing is put into code', remedy: `write ${lookUp(name)}` };
  return command.flatMap((arg, index) =>
    index === 0 ? [] : parenthesesIn(arg, ['command', index], index === at ? inside : beside),
  );
}
