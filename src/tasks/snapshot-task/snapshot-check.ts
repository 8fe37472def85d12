import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { ActionProblem } from '../../config/task-kind.ts';

type Path = ActionProblem['path'];

/** Looks whether a folder can be written to, or made. */
export function checkWritableFolder(folder: string, path: Path): ActionProblem[] {
  const place = existsSync(folder) ? folder : dirname(folder);
  const state = stateOf(place);
  if (state === undefined) return [];
  const rule = 'must be a folder that can be written to, or its parent one';
  return [
    { severity: 'error', path, rule, value: `${place} (${state})`, remedy: 'mount the volume, or correct the path' },
  ];
}

function stateOf(folder: string): string | undefined {
  try {
    if (!statSync(folder).isDirectory()) return 'not a folder';
  } catch {
    return 'not there';
  }
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return undefined;
  } catch {
    return 'not writable';
  }
}

/** Only a warning: the app may make it when it starts. */
export function checkThere(place: string, path: Path): ActionProblem[] {
  if (existsSync(place)) return [];
  const remedy = 'share it with this container through a volume, or correct the path';
  return [{ severity: 'warning', path, rule: 'must be there', value: `${place} (not there)`, remedy }];
}

/** Whether a folder is another or lies in it. */
export function liesIn(folder: string, other: string): boolean {
  return folder === other || folder.startsWith(other === '/' ? '/' : `${other}/`);
}
