/** What `--json` writes, and how several such files become one result again. */
import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod/mini';
import { formatPath } from '../../src/config/problem.ts';
import type { Machine } from './machine.ts';
import type { Outcome } from './report.ts';
import type { Comparison } from './row.ts';

/** The content of one file. */
export interface Results {
  /** The end of the call, in ISO 8601. */
  readonly measuredAt: string;
  readonly program: string;
  readonly machine: Machine;
  readonly rows: readonly Outcome[];
}

const figure = z.object({ median: z.number(), p10: z.number(), p90: z.number(), count: z.number() });

const comparison = z.pipe(
  z.object({
    measure: z.string(),
    unit: z.enum(['ms', 'MB', '/s', '%']),
    hookkeeper: figure,
    peer: z.string(),
    peerFigure: figure,
    ratio: z.number(),
    aim: z.optional(z.number()),
  }),
  z.transform((written): Comparison => ({ aim: undefined, ...written })),
);

const resultsSchema = z.object({
  measuredAt: z.string(),
  program: z.string(),
  machine: z.object({
    node: z.string(),
    system: z.string(),
    processor: z.string(),
    cores: z.number(),
    memoryGb: z.number(),
    load: z.number(),
  }),
  rows: z.array(
    z.discriminatedUnion('state', [
      z.object({
        row: z.string(),
        state: z.literal('measured'),
        comparisons: z.array(comparison),
        notes: z.array(z.string()),
      }),
      z.object({ row: z.string(), state: z.literal('failed'), reason: z.string() }),
    ]),
  ),
});

export type Joined =
  | {
      readonly ok: true;
      /** With the highest load of all calls. */
      readonly machine: Machine;
      readonly rows: readonly Outcome[];
      /** When each file was measured, and the load at its start. */
      readonly notes: readonly string[];
    }
  | { readonly ok: false; readonly problem: string };

/** The rows of all files in their order. Of a row that is in several, the last counts, in the place of the first. */
export function joinResults(files: readonly string[]): Joined {
  const rows = new Map<string, Outcome>();
  const notes: string[] = [];
  let machine: Machine | undefined;
  for (const file of files) {
    const results = readResults(file);
    if (typeof results === 'string') return { ok: false, problem: `${file} must be what --json wrote: ${results}` };
    machine ??= results.machine;
    if (!isSame(machine, results.machine)) {
      return { ok: false, problem: `${file} must be of the same machine and Node as ${files[0]}: it is of another` };
    }
    machine = { ...machine, load: Math.max(machine.load, results.machine.load) };
    notes.push(`${file}: measured until ${results.measuredAt}, load ${results.machine.load} at the start`);
    for (const row of results.rows) rows.set(row.row, row);
  }
  if (machine === undefined) return { ok: false, problem: 'there must be a file to read: there is none' };
  return { ok: true, machine, rows: [...rows.values()], notes };
}

/** The content of a file, or what is wrong with it. */
function readResults(file: string): Results | string {
  try {
    const decoded = resultsSchema.safeParse(JSON.parse(readFileSync(file, 'utf8')));
    if (decoded.success) return decoded.data;
    const path = decoded.error.issues[0]?.path ?? [];
    return `${formatPath(path.map((part) => (typeof part === 'number' ? part : String(part)))) || 'all of it'} is wrong`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function isSame(one: Machine, other: Machine): boolean {
  return isDeepStrictEqual({ ...one, load: 0 }, { ...other, load: 0 });
}
