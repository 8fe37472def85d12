/**
 * The journal's file: a versioned JSON object with one run a line. What is read is decoded, never trusted: the file may be
 * torn, foreign, or another version's.
 */
import * as z from 'zod/mini';
import { HOOKS } from '../config/config.ts';
import { onDemand } from '../config/on-demand.ts';
import { formatPath } from '../config/problem.ts';
import {
  DEADLINE_SOURCES,
  EVIDENCE,
  RUN_OUTCOMES,
  type RunRecord,
  STOP_REASONS,
  STOP_SOURCES,
  TASK_OUTCOMES,
} from './entry.ts';
import { lifeMarks } from './marks.ts';

/** The shape that this program writes and reads. Any change of what is written raises it. */
export const JOURNAL_VERSION = 1;

/** Everything that is kept, in memory and on the disk. */
export interface JournalData {
  readonly version: typeof JOURNAL_VERSION;
  /** The pod whose journal it is; null where the pod was never told its UID. */
  readonly pod: { readonly uid: string } | null;
  /** Greater than the `sequence` of every run ever kept, so that no life's ID comes twice. */
  readonly nextSequence: number;
  /** In order of `sequence`. */
  readonly runs: readonly RunRecord[];
}

export type Decoded =
  | { readonly kind: 'journal'; readonly data: JournalData }
  /** A program newer than this one wrote it. */
  | { readonly kind: 'newer'; readonly reason: string }
  | { readonly kind: 'undecodable'; readonly reason: string };

/** The schemas of a file and of its version. Made when there is a file: a pod that starts for the first time has none. */
const schemas = onDemand(() => {
  const count = z.int().check(z.nonnegative());
  const ms = z.number();

  const task = z.discriminatedUnion('state', [
    z.strictObject({ state: z.literal('pending'), name: z.string() }),
    z.strictObject({ state: z.literal('running'), name: z.string(), attempts: count, startedAtMs: ms }),
    z.strictObject({
      state: z.literal('ended'),
      name: z.string(),
      outcome: z.enum(TASK_OUTCOMES),
      attempts: count,
      startedAtMs: ms,
      durationMs: ms,
      reason: z.nullable(z.string()),
      output: z.string(),
      captured: z._default(z.record(z.string(), z.string()), {}),
    }),
  ]);

  const facts = {
    id: z.string(),
    sequence: count,
    hook: z.enum(HOOKS),
    container: z.string(),
    incarnation: z.strictObject({
      id: z.string(),
      evidence: z.enum(EVIDENCE),
      why: z.string(),
      marks: z.optional(lifeMarks()),
    }),
    configDigest: z.string(),
    traceparent: z._default(z.string(), ''),
    firstDeliveryAtMs: ms,
    lastDeliveryAtMs: ms,
    deliveries: count,
    deadline: z.strictObject({
      source: z.enum(DEADLINE_SOURCES),
      graceMs: ms,
      reserveMs: ms,
      toldByApi: z.optional(z.literal(true)),
      insteadOf: z.optional(z.strictObject({ source: z.enum(DEADLINE_SOURCES), graceMs: ms })),
    }),
    stop: z.optional(
      z.strictObject({
        reason: z.enum(STOP_REASONS),
        source: z._default(z.enum(STOP_SOURCES), 'none'),
        why: z.string(),
      }),
    ),
    undoable: z.optional(z.array(z.string())),
    undo: z.optional(z.strictObject({ why: z.string(), instance: z.optional(z.string()), tasks: z.array(task) })),
    tasks: z.array(task),
  };

  const run = z.discriminatedUnion('state', [
    z.strictObject({ ...facts, state: z.literal('running'), instance: z.string() }),
    z.strictObject({ ...facts, state: z.literal('interrupted') }),
    z.strictObject({
      ...facts,
      state: z.literal('ended'),
      outcome: z.enum(RUN_OUTCOMES),
      reason: z.nullable(z.string()),
      endedAtMs: ms,
      durationMs: ms,
      remainingMs: ms,
    }),
  ]);

  const versioned = z.object({ version: z.int() });

  const journal = z.strictObject({
    version: z.literal(JOURNAL_VERSION),
    pod: z.nullable(z.strictObject({ uid: z.string() })),
    nextSequence: count,
    runs: z.array(run),
  });

  return { versioned, journal };
});

/** Decodes the text of a journal file. Never throws, whatever it is given. */
export function parseJournal(text: string): Decoded {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { kind: 'undecodable', reason: text === '' ? 'it is empty' : 'it is not JSON' };
  }
  return decodeJournal(value);
}

/** Decodes a JSON value; says which path is wrong, and how. Never throws. */
export function decodeJournal(value: unknown): Decoded {
  const { versioned, journal } = schemas();
  const header = versioned.safeParse(value);
  if (header.success && header.data.version > JOURNAL_VERSION) {
    const { version } = header.data;
    return { kind: 'newer', reason: `it has version ${version}, and this program knows up to ${JOURNAL_VERSION}` };
  }
  const decoded = journal.safeParse(value);
  if (!decoded.success) return { kind: 'undecodable', reason: sentenceOf(decoded.error.issues[0]) };
  const reason = inconsistency(decoded.data);
  return reason === undefined ? { kind: 'journal', data: decoded.data } : { kind: 'undecodable', reason };
}

/** What no writer of ours writes, though each value for itself is fine. */
function inconsistency({ runs, nextSequence }: JournalData): string | undefined {
  const ids = new Set<string>();
  let last = 0;
  for (const [index, { id, sequence }] of runs.entries()) {
    if (ids.has(id)) return `runs[${index}].id is that of an earlier run`;
    if (sequence < last) return `runs[${index}].sequence is less than that of the run before`;
    if (sequence >= nextSequence) return `runs[${index}].sequence is not less than nextSequence`;
    ids.add(id);
    last = sequence;
  }
  return undefined;
}

function sentenceOf(issue: z.core.$ZodIssue | undefined): string {
  if (issue === undefined) return 'it is not a journal';
  const path = formatPath(issue.path.map((part) => (typeof part === 'number' ? part : String(part))));
  return `${path === '' ? 'it' : path} ${ruleOf(issue)}`;
}

function ruleOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type') return `must be of type ${issue.expected}`;
  if (issue.code === 'invalid_value') return `must be ${issue.values.map(String).join(' or ')}`;
  if (issue.code === 'unrecognized_keys') return `has the unknown key ${JSON.stringify(issue.keys[0]?.slice(0, 40))}`;
  if (issue.code === 'invalid_union') return 'is in no known state';
  return 'is out of range';
}

/**
 * What is in the file of a journal. Runs that did not change cost a copy: what they are encoded to is kept while they are. `room`
 * gives a buffer of at least so many bytes, whose beginning it fills and returns. Default: a new one.
 */
export function encodeJournal(data: JournalData, room: (bytes: number) => Buffer = Buffer.allocUnsafe): Buffer {
  const runs = data.runs.flatMap((kept, index) => (index === 0 ? [encodeRun(kept)] : [SEPARATOR, encodeRun(kept)]));
  const bytes = room(encodedBytes(data));
  let end = 0;
  for (const part of [opening(data), ...runs, CLOSING]) end += part.copy(bytes, end);
  return bytes.subarray(0, end);
}

/** How long `encodeJournal` makes it, in bytes. */
export function encodedBytes(data: JournalData): number {
  const runs = data.runs.reduce((sum, kept) => sum + runBytes(kept), 0);
  const tooMany = data.runs.length === 0 ? 0 : SEPARATOR.length;
  return opening(data).length + runs - tooMany + CLOSING.length;
}

/** What one more run adds to the length, in bytes. */
export function runBytes(kept: RunRecord): number {
  return encodeRun(kept).length + SEPARATOR.length;
}

const SEPARATOR = Buffer.from(',\n');
const CLOSING = Buffer.from('\n]}\n');

function opening({ version, pod, nextSequence }: JournalData): Buffer {
  return Buffer.from(`${JSON.stringify({ version, pod, nextSequence }).slice(0, -1)},"runs":[\n`);
}

/** Records are never changed, so each is encoded once, however often the file is written. */
const encodedRuns = new WeakMap<RunRecord, Buffer>();

function encodeRun(kept: RunRecord): Buffer {
  const known = encodedRuns.get(kept);
  if (known !== undefined) return known;
  const encoded = Buffer.from(JSON.stringify(kept));
  encodedRuns.set(kept, encoded);
  return encoded;
}
