import type { TaskTable } from '../config/task-table.ts';
import type { TaskAction } from '../hooks/task.ts';
import { drainTask } from './drain.ts';
import { execTask } from './exec.ts';
import { fileTask } from './file.ts';
import { guardSchema } from './guard.ts';
import { httpTask } from './http.ts';
import { restoreTask } from './restore.ts';
import { signalTask } from './signal.ts';
import { sleepTask } from './sleep.ts';
import { snapshotTask } from './snapshot.ts';
import { waitForTask } from './wait-for.ts';

/** Every kind of task there is. A new kind is a file beside this one, a line here, and its test. */
export const taskTable: TaskTable<TaskAction> = {
  kinds: [drainTask, execTask, fileTask, httpTask, restoreTask, signalTask, sleepTask, snapshotTask, waitForTask],
  guard: guardSchema,
};
