import * as z from 'zod/mini';
import type { Reading } from '../../config/condition.ts';
import { onDemand } from '../../config/on-demand.ts';
import { findProcesses } from '../processes/find-processes.ts';
import { checkProcess, describeProcess, processFields, processIsNamed } from '../processes/process-query.ts';
import { summaryLine } from '../summary-line.ts';
import type { TaskCondition } from './condition-kind.ts';

/** A look reads a few files for each process there is. */
const EVERY_MS = 500;

/** So many PIDs are worth showing. */
const SHOWN_PIDS = 5;

const settings = onDemand(() =>
  z
    .strictObject({
      ...processFields(),
      is: z
        .enum(['gone', 'present'])
        .check(z.describe('What has to be seen: that there is no such process, or that there is one.')),
    })
    .check(processIsNamed),
);

type ProcessSettings = z.output<ReturnType<typeof settings>>;

/** `process`: a process of another container, in a shared PID namespace, is gone or there. Our own do not count. */
export const processCondition = onDemand(() =>
  z.pipe(
    settings(),
    z.transform((process): TaskCondition => {
      return {
        summary: summaryLine(`${describeProcess(process)} is ${process.is}`),
        everyMs: EVERY_MS,
        check: () => checkProcess(process),
        read: async () => look(process),
      };
    }),
  ),
);

function look(process: ProcessSettings): Reading {
  const found = findProcesses(process);
  if (found.kind === 'unreadable') return { ...found, refused: false };
  const pids = found.processes.map(({ pid }) => pid);
  const gone = pids.length === 0;
  const list = pids.slice(0, SHOWN_PIDS).join(', ') + (pids.length > SHOWN_PIDS ? ', …' : '');
  const saw = gone ? `no ${describeProcess(process)}` : `${describeProcess(process)}, PID ${list}`;
  return {
    kind: 'read',
    met: gone === (process.is === 'gone'),
    saw,
    left: process.is === 'gone' ? pids.length : undefined,
  };
}
