import { opendir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import * as z from 'zod/mini';
import { matching } from '../../config/bounded-match.ts';
import type { Reading } from '../../config/condition.ts';
import { onDemand } from '../../config/on-demand.ts';
import { regularExpression } from '../../config/regular-expression.ts';
import { checkFolder } from '../folder-check.ts';
import { createSharedLooks } from '../shared-looks.ts';
import { readSmallFile } from '../small-file.ts';
import { summaryLine } from '../summary-line.ts';
import type { TaskCondition } from './condition-kind.ts';

const EVERY_MS = 250;

const path = onDemand(() => z.string().check(z.minLength(1)));

const written = onDemand(() =>
  z
    .strictObject({
      path: path().check(z.describe('The path of the file or folder.')),
      is: z
        .prefault(z.enum(['exists', 'absent', 'notEmpty']), 'exists')
        .check(z.describe('What has to be seen: that it is there, that it is not, or that there is something in it.')),
      matches: z
        .optional(regularExpression())
        .check(z.describe('A regular expression that has to match somewhere in the file, which may have at most 1Mi.')),
    })
    .check(
      z.refine(({ is, matches }) => is !== 'absent' || matches === undefined, {
        error: 'must have no matches where it has to be absent',
        params: { remedy: 'remove one of them' },
      }),
    ),
);

interface FileSettings extends z.output<ReturnType<typeof written>> {
  /** Where the path stands. */
  readonly at: readonly string[];
}

/** `file`: what there is at a path. */
export const fileCondition = onDemand(() =>
  z.union([
    z.pipe(
      written(),
      z.transform((file) => conditionOf({ ...file, at: ['path'] })),
    ),
    z.pipe(
      path(),
      z.transform((whole) => conditionOf({ path: whole, is: 'exists', at: [] })),
    ),
  ]),
);

const STATES = { exists: 'exists', absent: 'is absent', notEmpty: 'is not empty' } as const;

function conditionOf(file: FileSettings): TaskCondition {
  const { path: name, is, matches, at } = file;
  const shared = createSharedLooks<Reading>();
  return {
    summary: summaryLine(`file ${name} ${matches === undefined ? STATES[is] : `matches ${matches}`}`),
    everyMs: EVERY_MS,
    check: () => (is === 'absent' ? [] : checkFolder(dirname(name), at)),
    read: async ({ signal }) => (await shared(name, () => look(file), signal)) ?? unreadable('was told to stop'),
  };
}

async function look({ path: file, is, matches }: FileSettings): Promise<Reading> {
  let state: string;
  try {
    state = await stateOf(file, is === 'notEmpty');
  } catch (error) {
    return unreadable(`file ${file} can not be looked at (${codeOf(error)})`);
  }
  if (matches !== undefined && state !== STATES.absent) return match(file, matches);
  return seen(matches === undefined && state === STATES[is], `file ${file} ${state}`);
}

/** One of STATES; `is empty` only where that was asked for. */
async function stateOf(file: string, askEmpty: boolean): Promise<string> {
  try {
    const stats = await stat(file);
    if (!askEmpty) return STATES.exists;
    const empty = stats.isDirectory() ? await isEmptyFolder(file) : stats.size === 0;
    return empty ? 'is empty' : STATES.notEmpty;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error))) return STATES.absent;
    throw error;
  }
}

async function isEmptyFolder(folder: string): Promise<boolean> {
  await using entries = await opendir(folder);
  return (await entries.read()) === null;
}

async function match(file: string, pattern: RegExp): Promise<Reading> {
  const content = await readSmallFile(file);
  if (!content.ok) return unreadable(`file ${file} is ${content.problem}`);
  const matched = matching(pattern, [content.bytes.toString('utf8')]);
  if (matched === undefined) return unreadable(`matching file ${file} took too long`);
  return seen(matched.size > 0, `file ${file} ${matched.size > 0 ? 'matches' : 'does not match'}`);
}

function seen(met: boolean, saw: string): Reading {
  return { kind: 'read', met, saw, left: undefined };
}

function unreadable(reason: string): Reading {
  return { kind: 'unreadable', reason, refused: false };
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
