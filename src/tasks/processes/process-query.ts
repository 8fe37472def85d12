import { dirname } from 'node:path';
import * as z from 'zod/mini';
import { processWords } from '../../config/app-schema.ts';
import { onDemand } from '../../config/on-demand.ts';
import type { ActionProblem } from '../../config/task-kind.ts';
import { NOT_SHARED, sharesPidNamespace } from '../../proc/visible-processes.ts';
import { checkFolder } from '../folder-check.ts';
import type { ProcessQuery } from './find-processes.ts';

const text = onDemand(() => z.string().check(z.minLength(1)));

/** The words for a process of another container, for a `z.strictObject` that has `processIsNamed` for a check. */
export const processFields = onDemand(() => ({
  ...processWords(),
  pidFile: z
    .optional(text())
    .check(
      z.describe(
        'A file whose first line is the PID. While it is not there, there is no such process. Beside it `name` keeps a stale file from ' +
          'meaning another process.',
      ),
    ),
}));

export const processIsNamed = z.refine<ProcessQuery>(
  ({ name, commandLine, pidFile }) => (name ?? commandLine ?? pidFile) !== undefined,
  {
    error: 'must have a name, a commandLine or a pidFile',
    params: { remedy: 'say which process is meant; of several, all must hold', unlessUnknownKeys: true },
  },
);

/** The process as it stands in a sentence: `process nginx matching /^nginx: master/`. */
export function describeProcess({ name, commandLine, pidFile }: ProcessQuery): string {
  const more = [
    ...(commandLine === undefined ? [] : [`matching ${commandLine}`]),
    ...(pidFile === undefined ? [] : [`of ${pidFile}`]),
  ];
  return ['process', ...(name === undefined ? [] : [name]), ...more].join(' ');
}

/** Looks whether the process could be seen from here at all. Only warnings: the config may be checked on another machine. */
export function checkProcess({ pidFile }: ProcessQuery): ActionProblem[] {
  const folder = pidFile === undefined ? [] : checkFolder(dirname(pidFile), ['pidFile']);
  if (sharesPidNamespace() !== false) return folder;
  const rule = 'must be about processes that can be seen';
  const remedy = 'set it, or go by what other containers can see: a port, a file, an answer';
  return [{ severity: 'warning', path: [], rule, value: NOT_SHARED, remedy }, ...folder];
}
