import * as z from 'zod/mini';
import { onDemand } from '../../config/on-demand.ts';
import { variableName } from '../captured-values.ts';
import { readJsonPath } from './json-path.ts';
import { jsonPathField } from './json-path-field.ts';

/** So many values a task may capture. */
const MOST = 20;

/** IDs, names and tokens of work under way are far shorter; what is captured stands in the journal. */
const LONGEST_BYTES = 1024;

/** Where in the answer each value stands, by the name under which later tasks use it. */
export const captureSettings = onDemand(() =>
  z.record(variableName(), jsonPathField()).check(
    z.refine((paths) => Object.keys(paths).length <= MOST, {
      error: `must have at most ${MOST} values`,
      params: { remedy: 'capture only what later tasks use' },
    }),
  ),
);

export type CaptureSettings = z.output<ReturnType<typeof captureSettings>>;

export type CapturedFromAnswer =
  | { readonly ok: true; readonly captured: Readonly<Record<string, string>> }
  /** Why there is nothing. Quotes nothing of the answer. */
  | { readonly ok: false; readonly problem: string };

/** Finds the values in the body of an answer. All of them have to be there. */
export function captureFrom(body: string, settings: CaptureSettings): CapturedFromAnswer {
  const json = parse(body);
  if (json === undefined) return { ok: false, problem: 'its body is not JSON, so that nothing could be captured' };
  const captured: Record<string, string> = {};
  for (const [name, { text, path }] of Object.entries(settings)) {
    const value = textOf(readJsonPath(json.value, path));
    if (!value.ok) return { ok: false, problem: `${name} could not be captured: ${text} ${value.problem}` };
    captured[name] = value.text;
  }
  return { ok: true, captured };
}

/** Numbers are kept as they are written: an ID may be larger than what a double can hold. */
function parse(body: string): { readonly value: unknown } | undefined {
  try {
    const asWritten = (_key: string, value: unknown, context?: { readonly source?: string }) =>
      typeof value === 'number' ? (context?.source ?? value) : value;
    return { value: JSON.parse(body, asWritten) };
  } catch {
    return undefined;
  }
}

type Text = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly problem: string };

function textOf(value: unknown): Text {
  const refused = (problem: string): Text => ({ ok: false, problem });
  if (value === undefined) return refused('is not in its body');
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean')
    return refused('is no string, number or boolean');
  const text = String(value).toWellFormed();
  if (text === '') return refused('is empty');
  if (Buffer.byteLength(text) > LONGEST_BYTES) return refused(`is longer than ${LONGEST_BYTES} bytes`);
  return text.includes('\0') ? refused('holds a NUL character') : { ok: true, text };
}
