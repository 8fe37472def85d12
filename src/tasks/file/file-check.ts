import { accessSync, constants, lstatSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { ActionProblem } from '../../config/task-kind.ts';
import { readSmallFileSync } from '../small-file.ts';
import type { FileSettings } from './file-settings.ts';

/** Looks whether the change can be made: its folder is there and writable, the file is no folder, and its content can be read. */
export function checkFile(file: FileSettings): ActionProblem[] {
  const folder = folderProblem(dirname(file.path));
  if (folder !== undefined) return [error([file.act], 'must lie in a folder that we can write to', folder, FOLDER)];
  const own = isFolder(file.path) ? [error([file.act], 'must not be a folder', file.path, 'name a file in it')] : [];
  return [...own, ...checkContent(file)];
}

const FOLDER = 'mount the volume with it into this container, writable for our user, or correct the path';

function folderProblem(folder: string): string | undefined {
  try {
    if (!statSync(folder).isDirectory()) return `${folder} (not a folder)`;
    accessSync(folder, constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    return `${folder} (${code === 'ENOENT' || code === 'ENOTDIR' ? 'not there' : 'not writable'})`;
  }
}

function isFolder(path: string): boolean {
  try {
    return lstatSync(path).isDirectory();
  } catch {
    return false;
  }
}

function checkContent(file: FileSettings): ActionProblem[] {
  if (file.act !== 'write' || file.contentFile === undefined) return [];
  const read = readSmallFileSync(file.contentFile);
  if (read.ok) return [];
  const value = `${file.contentFile} (${read.problem})`;
  const remedy = 'mount it into this container, or correct the path';
  return [error(['contentFile'], 'must be a file that can be read', value, remedy)];
}

function error(path: ActionProblem['path'], rule: string, value: string, remedy: string): ActionProblem {
  return { severity: 'error', path, rule, value, remedy };
}
