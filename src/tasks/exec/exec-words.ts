import type { ActionProblem } from '../../config/task-kind.ts';

interface ExecWords {
  readonly command?: readonly string[] | undefined;
  readonly shell?: string | undefined;
}

/** What a shell would put its own text for. Nothing that may be a secret. */
const FOR_A_SHELL = /^(?:~|\$[A-Z_][A-Z0-9_]*|\$\{[A-Z_][A-Z0-9_]*\})(?=\/|$)/;

/** What stands behind such an option is code of an interpreter, which may know variables: `sh -c`, `node -e`. */
const CODE_FOLLOWS = /^-[a-z]*[ce]$/;

/** Finds what will be taken in another way than it is written: shell words without a shell, and a first line that no kernel reads. */
export function checkWords({ command = [], shell = '' }: ExecWords): ActionProblem[] {
  const words = command.flatMap((word, index) => {
    const [found] = FOR_A_SHELL.exec(word) ?? [];
    if (found === undefined || CODE_FOLLOWS.test(command[index - 1] ?? '')) return [];
    const rule = `should not begin with ${found}, as there is no shell to put something in its place`;
    return [warning(['command', index], rule, found, 'write it out, or use shell: "…"')];
  });
  const [, line, interpreter] = /^(#! *([^\s]*).*)/.exec(shell) ?? [];
  if (line === undefined || line.trim() === '#!/bin/sh') return words;
  const remedy = `remove the line, or write command: [${interpreter}, -c, "…"]`;
  return [...words, warning(['shell'], 'should not begin with #!, as /bin/sh runs it all the same', line, remedy)];
}

function warning(path: ActionProblem['path'], rule: string, value: string, remedy: string): ActionProblem {
  return { severity: 'warning', path, rule, value, remedy };
}
