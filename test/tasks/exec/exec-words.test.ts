import { describe, expect, it } from 'vitest';
import type { ActionProblem } from '../../../src/config/task-kind.ts';
import { actionOf } from '../attempt.ts';

const told = ({ severity, path, rule, value, remedy }: ActionProblem) =>
  `${severity} ${path.join('.')} ${rule}: value is ${value}, ${remedy}`;

function problemsOf(settings: object): string[] {
  const action = actionOf('exec', settings);
  return [...(action.checkText?.() ?? []), ...action.check()].map(told);
}

describe('exec: a command that only a shell would understand', () => {
  it.each(['~', '~/bin/x', '$HOME', '$DATA_1/x', `\${DATA}/x`])('is warned of at a word such as %s', (word) => {
    const beginning = word.replace(/\/.*/, '');
    expect(problemsOf({ command: ['true', word] })).toEqual([
      `warning command.1 should not begin with ${beginning}, as there is no shell to put something in its place: value is ${beginning}, write it out, or use shell: "…"`,
    ]);
  });

  it.each([
    [['true', '$1 > 2']],
    [['true', '$ENV.x']],
    [['true', '~user']],
    [['true', 'a~', 'a$HOME', '$$', '']],
    [['sh', '-c', '$HOME/x']],
    [['sh', '-ec', '~/x']],
  ])('is not what %j is', (command) => {
    expect(problemsOf({ command })).toEqual([]);
  });

  it.each([
    [['echo hello world'], '[echo, hello, world]'],
    [['echo hello ', 'world'], '[echo, hello, …]'],
    [['grep "a b" /x'], '[grep, …]'],
  ])('is shown in words where it is one text: %j', (command, words) => {
    expect(problemsOf({ command })).toEqual([
      `error command.0 must be an executable file: value is ${command[0]} (not there), write a list: command: ${words}`,
    ]);
  });
});

describe('exec: a command line for the shell', () => {
  it('is warned of where it begins as a script for another program', () => {
    expect(problemsOf({ shell: '#!/bin/bash -e\n[[ -f /x ]]\n' })).toEqual([
      'warning shell should not begin with #!, as /bin/sh runs it all the same: value is #!/bin/bash -e, remove the line, or write command: [/bin/bash, -c, "…"]',
    ]);
  });

  it.each(['#!/bin/sh\ntrue', '# a comment\n#!/bin/bash\ntrue', '~/x $HOME'])('is taken as it is: %j', (shell) => {
    expect(problemsOf({ shell })).toEqual([]);
  });
});
