import { accessSync, closeSync, constants, openSync, readSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { isScriptOf } from '../../config/script-argument.ts';
import type { ActionProblem } from '../../config/task-kind.ts';

/** What is looked at before an `exec` task ever runs. */
export interface ExecCheck {
  /** Where the command stands in the settings: `['command', 0]` or `['shell']`. */
  readonly at: ActionProblem['path'];
  readonly file: string;
  readonly args: readonly string[];
  readonly workingDir: string | undefined;
  /** The PATH that the command will have. */
  readonly searchPath: string;
}

const MOUNT = 'use an image that has it, mount it, or correct the path';

/** Finds what would keep a command from starting: nothing there, not executable, no interpreter, no working directory. */
export function checkExec(check: ExecCheck): ActionProblem[] {
  const { workingDir, file, at } = check;
  if (workingDir !== undefined && stateOf(workingDir) !== 'a directory') {
    const value = `${workingDir} (${stateOf(workingDir)})`;
    return [error(['workingDir'], 'must be a directory', value, MOUNT)];
  }
  const found = find(check, file);
  if (found.state !== 'executable') {
    return [error(at, 'must be an executable file', `${file} (${found.state})`, remedyFor(check, found.state))];
  }
  return [...checkFirstLine(check, found.path), ...checkScript(check)];
}

/** A script whose interpreter is not in the image fails with a bare ENOENT, which is hard to make sense of. */
function checkFirstLine(check: ExecCheck, script: string): ActionProblem[] {
  const [line, rest] = /^#! *([^\n]*)/.exec(beginningOf(script)) ?? [];
  if (rest === undefined) return [];
  const [interpreter = '', argument = ''] = rest.split(' ', 2);
  const named = basename(interpreter) === 'env' && /^[\w.][-\w.]*\r?$/.test(argument) ? argument : interpreter;
  const { state } = find(check, named);
  const begins = `${script} begins with ${JSON.stringify(line)}`;
  // Only Perl reads over it.
  if (rest.endsWith('\r') && basename(named) !== 'perl') {
    return [error(check.at, 'must have LF line ends', begins, 'save the script with LF line ends, not CRLF')];
  }
  if (state === 'executable') return [];
  const remedy = 'use an image that has it, or another interpreter';
  return [error(check.at, 'must name an interpreter that is there', `${begins} (${state})`, remedy)];
}

function checkScript(check: ExecCheck): ActionProblem[] {
  const [script] = check.args;
  if (!isScriptOf(check.file, script)) return [];
  const { state } = find(check, script);
  if (state === 'executable' || state === 'not executable') return [];
  return [error(['command', 1], 'must be a script', `${script} (${state})`, MOUNT)];
}

type State = 'executable' | 'not executable' | 'a directory' | 'not there' | 'not accessible';

/** Looks where the kernel and the C library will look: a name without a slash is searched for on the PATH. */
function find({ workingDir, searchPath }: ExecCheck, file: string): { path: string; state: State } {
  const folders = file.includes('/') ? [''] : searchPath.split(':');
  const candidates = folders.map((folder) => {
    const path = resolve(workingDir ?? '.', join(folder, file));
    return { path, state: stateOf(path) };
  });
  const nothing = { path: file, state: 'not there' } as const;
  return (
    candidates.find(({ state }) => state === 'executable') ??
    candidates.find(({ state }) => state !== 'not there') ??
    nothing
  );
}

function stateOf(path: string): State {
  try {
    if (statSync(path).isDirectory()) return 'a directory';
    accessSync(path, constants.X_OK);
    return 'executable';
  } catch (error) {
    // An executable file may lie in a folder that we may not enter; then stat fails too.
    if (!(error instanceof Error) || !('code' in error)) return 'not accessible';
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return 'not there';
    return 'syscall' in error && error.syscall === 'access' ? 'not executable' : 'not accessible';
  }
}

/** Empty when it can't be read, which a program need not be. */
function beginningOf(path: string): string {
  const bytes = Buffer.alloc(256);
  try {
    const file = openSync(path, 'r');
    try {
      return bytes.toString('latin1', 0, readSync(file, bytes));
    } finally {
      closeSync(file);
    }
  } catch {
    return '';
  }
}

function remedyFor({ file, args }: ExecCheck, state: State): string {
  if (state === 'not there' && /\s/.test(file)) return `write a list: command: ${wordsOf(file, args)}`;
  if (state !== 'not executable') return MOUNT;
  return `set its x bit (defaultMode: 0555 on the volume), or run it through its interpreter: command: [/bin/sh, ${file}]`;
}

/** A whole command line as the list that was meant, where white space alone tells its words. */
function wordsOf(line: string, args: readonly string[]): string {
  const words = line.trim().split(/\s+/);
  const plain = words.every((word) => /^[\w@%+=:./-]+$/.test(word));
  const shown = plain ? words : words.slice(0, 1);
  return `[${[...shown, ...(plain && args.length === 0 ? [] : ['…'])].join(', ')}]`;
}

function error(path: ActionProblem['path'], rule: string, value: string, remedy: string): ActionProblem {
  return { severity: 'error', path, rule, value, remedy };
}
