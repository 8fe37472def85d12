import { existsSync } from 'node:fs';
import type { ActionProblem } from '../config/task-kind.ts';

/** Looks whether the folder of something that the app makes is there. Only a warning: the app may make the folder, too. */
export function checkFolder(folder: string, path: ActionProblem['path']): ActionProblem[] {
  if (existsSync(folder)) return [];
  const rule = 'must lie in a folder that is there';
  const remedy = 'share the folder with the app through a volume, or correct the path';
  return [{ severity: 'warning', path, rule, value: `${folder} (not there)`, remedy }];
}
