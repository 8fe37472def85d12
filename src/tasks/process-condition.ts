import { dirname } from 'node:path';
import * as z from 'zod/mini';
import type { Reading } from '../config/condition.ts';
import type { ActionProblem } from '../config/task-kind.ts';
import type { TaskCondition } from './condition-kind.ts';
import { findProcesses, NOT_SHARED, sharesPidNamespace } from './find-processes.ts';
import { checkFolder } from './folder-check.ts';
import { regularExpression } from './regular-expression.ts';
import { summaryLine } from './summary-line.ts';

/** A look reads a few files for each process there is. */
const EVERY_MS = 500;

/** So many PIDs are worth showing. */
const SHOWN_PIDS = 5;

const text = z.string().check(z.minLength(1));

const settings = z
  .strictObject({
    name: z
      .optional(text)
      .check(z.describe("The name of the program, or the file name of its command line's first word.")),
    commandLine: z
      .optional(regularExpression)
      .check(z.describe('A regular expression that has to match somewhere in the command line.')),
    pidFile: z
      .optional(text)
      .check(z.describe('A file whose first line is the PID. While it is not there, there is no such process.')),
    is: z
      .enum(['gone', 'present'])
      .check(z.describe('What has to be seen: that there is no such process, or that there is one.')),
  })
  .check(
    z.refine(({ name, commandLine, pidFile }) => (name ?? commandLine ?? pidFile) !== undefined, {
      error: 'must have a name, a commandLine or a pidFile',
      params: { remedy: 'say which process is meant; of several, all must hold', unlessUnknownKeys: true },
    }),
  );

type ProcessSettings = z.output<typeof settings>;

/** `process`: a process of another container, in a shared PID namespace, is gone or there. Our own do not count. */
export const processCondition = z.pipe(
  settings,
  z.transform((process): TaskCondition => {
    return {
      summary: summaryLine(`${shown(process)} is ${process.is}`),
      everyMs: EVERY_MS,
      check: () => checkProcess(process),
      read: async () => look(process),
    };
  }),
);

function shown({ name, commandLine, pidFile }: ProcessSettings): string {
  const more = [
    ...(commandLine === undefined ? [] : [`matching ${commandLine}`]),
    ...(pidFile === undefined ? [] : [`of ${pidFile}`]),
  ];
  return ['process', ...(name === undefined ? [] : [name]), ...more].join(' ');
}

function checkProcess({ pidFile }: ProcessSettings): ActionProblem[] {
  const folder = pidFile === undefined ? [] : checkFolder(dirname(pidFile), ['pidFile']);
  if (sharesPidNamespace() !== false) return folder;
  const rule = 'must be about processes that can be seen';
  const remedy = 'set it, or wait for what the process does instead: a port that it closes, a file that it removes';
  return [{ severity: 'warning', path: [], rule, value: NOT_SHARED, remedy }, ...folder];
}

function look(process: ProcessSettings): Reading {
  const found = findProcesses(process);
  if (found.kind === 'unreadable') return { ...found, refused: false };
  const pids = found.processes.map(({ pid }) => pid);
  const gone = pids.length === 0;
  const list = pids.slice(0, SHOWN_PIDS).join(', ') + (pids.length > SHOWN_PIDS ? ', …' : '');
  const saw = gone ? `no ${shown(process)}` : `${shown(process)}, PID ${list}`;
  return {
    kind: 'read',
    met: gone === (process.is === 'gone'),
    saw,
    left: process.is === 'gone' ? pids.length : undefined,
  };
}
