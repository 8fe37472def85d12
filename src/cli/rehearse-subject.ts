/** What a rehearsal is asked for, and what it needs to know before it plays. */
import type { Config } from '../config/config.ts';
import type { Environment } from '../config/grace.ts';
import { loadConfig } from '../config/load.ts';
import type { ActionFacts } from '../config/task-kind.ts';
import type { TaskTable } from '../config/task-table.ts';
import { readYaml } from '../config/yaml-source.ts';
import type { Clock } from '../hooks/clock.ts';
import type { RunRecord } from '../journal/entry.ts';
import { visible } from '../observe/visible-text.ts';
import type { RehearsedApp } from '../rehearse/app-process.ts';
import { portsOf } from '../rehearse/config-ports.ts';
import type { Graces } from '../rehearse/rehearsal-time.ts';
import type { ScenarioName } from '../rehearse/scenarios.ts';
import { readConfigText } from './config-text.ts';
import { graceToPlan } from './plan.ts';
import { countOf, painter, problemHead, problemLines } from './problem-lines.ts';
import { inWordsOf, tooShortFor } from './rehearse-grace.ts';
import {
  missingTargets,
  portsToHold,
  readyLines,
  type Surroundings,
  surroundingsOf,
  TARGET_REMEDY,
  takenPorts,
} from './rehearse-ready.ts';
import type { ScreenStyle } from './rehearse-screen.ts';
import { sentenceLines } from './sentence-lines.ts';

export interface RehearseInput extends ScreenStyle {
  readonly file: string;
  readonly table: TaskTable<ActionFacts>;
  readonly env: Environment;
  /** The pod's grace, in ms; undefined: the config's. */
  readonly graceMs: number | undefined;
  /** What told it: an option or a variable. */
  readonly graceFrom: string;
  readonly scenarios: readonly ScenarioName[];
  readonly app: RehearsedApp;
  readonly dryRun: boolean;
  /** The runs of a journal, for the durations of a dry run; undefined: there is none. */
  readonly runs: readonly RunRecord[] | undefined;
  readonly reports: readonly string[];
  readonly record: string | undefined;
  /** The folder of the built program. */
  readonly dist: string;
  readonly clock: Clock;
  readonly random: () => number;
  /** Aborts when a person has seen enough. */
  readonly signal: AbortSignal;
  readonly write: (text: string) => void;
}

/** What is to be rehearsed, as it was read. */
export interface Subject extends Graces {
  readonly text: string;
  readonly config: Config<ActionFacts>;
  readonly heldPorts: readonly number[];
  readonly around: Surroundings;
}

/** The longest short grace; it is a third of the whole one, in whole seconds, in ms. */
const SHORT_MS = 10_000;

/** Reads the config and looks for what has to be there; undefined, with the reason printed, where it can't be rehearsed. */
export async function prepare(input: RehearseInput): Promise<Subject | undefined> {
  const { file, table, env, colour, write, dryRun, app } = input;
  const paint = painter(colour);
  const print = (...lines: readonly string[]) => write(lines.map((line) => `${line}\n`).join(''));
  const read = readConfigText(file);
  if (!read.ok) {
    const sentence = `the file cannot be read: ${read.reason}, name another with --config`;
    print(...problemHead(file, 'error', sentence, input, paint));
    return undefined;
  }
  // Only a sidecar that is started has to take the grace for its own: what a shorter one comes to can be foreseen all the same.
  const grace = input.graceMs === undefined || dryRun ? {} : { HOOKKEEPER_GRACE_PERIOD: `${input.graceMs}ms` };
  const loaded = loadConfig({ text: read.text, file, table, env: { ...env, ...grace }, elsewhere: dryRun });
  if (!loaded.ok) {
    print(
      ...problemLines(
        loaded.problems.map((problem) => inWordsOf(input.graceFrom, problem)),
        read.text,
        input,
        paint,
      ),
    );
    const inPod = loadConfig({ text: read.text, file, table, env: { ...env, ...grace }, elsewhere: true }).ok;
    const remedy = inPod ? '; --dry-run asks for nothing that is only in the pod' : '';
    print(...sentenceLines(`${file} cannot be rehearsed here: ${countOf(loaded.problems)}${remedy}`, input, '  '));
    return undefined;
  }
  const config = { ...loaded.config, grace: graceToPlan(loaded.config.grace, input.graceMs) };
  const graceMs = config.grace.periodMs;
  const shortGraceMs = Math.min(SHORT_MS, Math.max(1000, Math.floor(graceMs / 3000) * 1000));
  const yaml = readYaml(read.text, file);
  const named = portsOf(yaml.ok ? yaml.source.value : undefined);
  const subject = {
    text: read.text,
    config,
    graceMs,
    shortGraceMs,
    heldPorts: portsToHold(named, app.port),
    around: await surroundingsOf(config, named, app),
  };
  print(paint('bold', `Rehearsal of ${visible(file)}`));
  const { reserveMs } = loaded.config.grace;
  if (dryRun && reserveMs >= graceMs) print(...sentenceLines(tooShortFor(reserveMs, graceMs), input, '    '));
  if (dryRun) return subject;
  const ready = readyLines(config, input.scenarios, subject, app);
  print(...ready.flatMap((line) => sentenceLines(line, input, '    ')));
  const taken = takenPorts(config, subject.around, app);
  const missing = missingTargets(named, subject.around, app);
  if (taken.length + missing.length === 0) return subject;
  print('', ...[...taken, ...missing].map((what) => `${paint('red', 'error')} ${visible(what)}`));
  if (missing.length > 0) print(...sentenceLines(TARGET_REMEDY, input, '  '));
  return undefined;
}
