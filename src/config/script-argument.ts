import { basename } from 'node:path';

/** Programs whose first argument is a script, if it is no option. */
const INTERPRETER = /^(sh|bash|dash|ash|ksh|zsh|python[0-9.]*|perl|ruby|node)$/;

/** Whether the first argument of a program is the path of a script that it runs. */
export function isScriptOf(program: string, argument: string | undefined): argument is string {
  return argument?.includes('/') === true && !argument.startsWith('-') && INTERPRETER.test(basename(program));
}
