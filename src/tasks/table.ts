import type { TaskKind } from '../config/task-kind.ts';
import type { TaskAction } from '../hooks/task.ts';
import { execTask } from './exec.ts';
import { httpTask } from './http.ts';
import { sleepTask } from './sleep.ts';

/** Every kind of task there is. A new kind is a file beside this one, a line here, and its test. */
export const taskKinds: readonly TaskKind<TaskAction>[] = [execTask, httpTask, sleepTask];
