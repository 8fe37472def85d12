/**
 * What a rehearsal came to: `--record` writes it as JSON, and every report is drawn from it. The shape is for programs too:
 * any change of it that is not an addition raises `version`.
 */
import * as z from 'zod/mini';
import { runViewSchema } from '../observe/status-view-codec.ts';
import type { RunView } from '../observe/timeline/run-view.ts';
import { type Mark, type Timeline, timelineOf } from '../observe/timeline/timeline.ts';
import { SCENARIOS, type ScenarioName } from './scenarios.ts';
import type { Verdict } from './verdict.ts';

export const REHEARSAL_VERSION = 1;

/** One scenario, played or forecast. Instants are on the wall clock, in ms since 1970; those of a dry run begin at 0. */
export interface RehearsedScenario {
  readonly name: ScenarioName;
  /** What happens in it, in a sentence. */
  readonly about: string;
  /** Why it was not played; null where it was. Then all below is empty. */
  readonly notPlayed: string | null;
  readonly startedAtMs: number;
  readonly durationMs: number;
  /** Those that the scenario puts to the test. */
  readonly verdicts: readonly Verdict[];
  /** As the journal has them, with each delivery and attempt. */
  readonly runs: readonly RunView[];
  /** What the kubelet and the scenario did, in order. */
  readonly marks: readonly Mark[];
}

export interface Rehearsal {
  readonly version: typeof REHEARSAL_VERSION;
  readonly config: { readonly file: string; readonly digest: string };
  readonly grace: { readonly periodMs: number; readonly reserveMs: number };
  /** No task was run: all times are forecasts. */
  readonly dryRun: boolean;
  readonly scenarios: readonly RehearsedScenario[];
}

const scenario = z.object({
  name: z.enum(SCENARIOS),
  about: z.string(),
  notPlayed: z.nullable(z.string()),
  startedAtMs: z.number(),
  durationMs: z.number(),
  verdicts: z.array(
    z.object({ promise: z.nullable(z.string()), name: z.string(), held: z.boolean(), why: z.string() }),
  ),
  runs: z.array(runViewSchema),
  marks: z.array(z.object({ label: z.string(), atMs: z.number(), note: z.string() })),
});

/** Decodes what `--record` wrote. */
export const rehearsalSchema = z.object({
  version: z.literal(REHEARSAL_VERSION),
  config: z.object({ file: z.string(), digest: z.string() }),
  grace: z.object({ periodMs: z.number(), reserveMs: z.number() }),
  dryRun: z.boolean(),
  scenarios: z.array(scenario),
});

/** What its pictures are drawn from. */
export function timelineOfScenario({ runs, marks, startedAtMs, durationMs }: RehearsedScenario): Timeline {
  return timelineOf(runs, marks, startedAtMs + durationMs);
}

/** The scenarios that were played, or foreseen. */
export function playedOf({ scenarios }: Pick<Rehearsal, 'scenarios'>): RehearsedScenario[] {
  return scenarios.filter(({ notPlayed }) => notPlayed === null);
}

/** What was broken, over all scenarios. */
export function brokenOf({ scenarios }: Pick<Rehearsal, 'scenarios'>): Verdict[] {
  return scenarios.flatMap(({ verdicts }) => verdicts.filter(({ held }) => !held));
}

/** `P5 in time`, `critical tasks`. */
export function verdictName({ promise, name }: Verdict): string {
  return promise === null ? name : `${promise} ${name}`;
}
