/** `hookkeeper rehearse`: plays a pod's life before a cluster does, shows it, and says which promises it kept. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Config } from '../config/config.ts';
import type { Environment } from '../config/grace.ts';
import { loadConfig } from '../config/load.ts';
import type { ActionFacts } from '../config/task-kind.ts';
import type { TaskTable } from '../config/task-table.ts';
import { readTokenFile } from '../config/token-file.ts';
import { readYaml } from '../config/yaml-source.ts';
import type { Clock } from '../hooks/clock.ts';
import { messageOf } from '../hooks/sentence.ts';
import type { RunRecord } from '../journal/entry.ts';
import { visible } from '../observe/visible-text.ts';
import type { RehearsedApp } from '../rehearse/app-process.ts';
import { portsOf } from '../rehearse/config-ports.ts';
import { forecastScenario } from '../rehearse/dry-run.ts';
import { brokenOf, playedOf, REHEARSAL_VERSION, type RehearsedScenario } from '../rehearse/rehearsal.ts';
import { type Graces, timeNeeded } from '../rehearse/rehearsal-time.ts';
import { playScenario } from '../rehearse/rehearse.ts';
import { SCENARIO_TABLE, type ScenarioName } from '../rehearse/scenarios.ts';
import { readConfigText } from './config-text.ts';
import { historyOf } from './likely-durations.ts';
import { graceToPlan } from './plan.ts';
import { countOf, painter, problemHead, problemLines } from './problem-lines.ts';
import { unwritable, writeFiles } from './rehearse-files.ts';
import { inWordsOf, tooShortFor } from './rehearse-grace.ts';
import { headLines, scenarioLines, sumLines } from './rehearse-lines.ts';
import {
  missingTargets,
  portsToHold,
  readyLines,
  type Surroundings,
  surroundingsOf,
  TARGET_REMEDY,
  takenPorts,
  whyNotPlayed,
} from './rehearse-ready.ts';
import { createScreen, type ScreenStyle } from './rehearse-screen.ts';
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
interface Subject extends Graces {
  readonly text: string;
  readonly config: Config<ActionFacts>;
  readonly heldPorts: readonly number[];
  readonly around: Surroundings;
}

/** The longest short grace; it is a third of the whole one, in whole seconds, in ms. */
const SHORT_MS = 10_000;

/** Resolves with the exit code: 0; 1 when something was broken; 2 for what can't be rehearsed; 130 when it was broken off. */
export async function rehearse(input: RehearseInput): Promise<number> {
  const { file, dryRun, write } = input;
  const blocked = unwritable([...input.reports, ...(input.record === undefined ? [] : [input.record])]);
  for (const line of blocked.flatMap((each) => sentenceLines(each, input, '  '))) write(`${line}\n`);
  const subject = blocked.length > 0 ? undefined : await prepare(input);
  if (subject === undefined) return 2;
  const { config } = subject;
  const parent = dryRun ? undefined : folderOfItsOwn();
  if (typeof parent === 'object') {
    write(`${parent.problem}\n`);
    return 2;
  }
  const scenarios = parent === undefined ? await foresee(input, subject) : await play(input, subject, parent);
  if (scenarios === undefined) return 130;
  const { periodMs, reserveMs } = config.grace;
  const rehearsal = {
    version: REHEARSAL_VERSION,
    config: { file: basename(file), digest: config.digest },
    grace: { periodMs, reserveMs },
    dryRun,
    scenarios,
  } as const;
  const written = writeFiles(rehearsal, input.reports, input.record);
  const told = written.lines.flatMap((line) => sentenceLines(line, input, '  '));
  for (const line of [...sumLines(rehearsal, input), ...told]) write(`${line}\n`);
  // What looked at nothing must not pass.
  if (playedOf(rehearsal).length === 0) return 2;
  return brokenOf(rehearsal).length === 0 && written.ok ? 0 : 1;
}

/** Reads the config and looks for what has to be there; undefined, with the reason printed, where it can't be rehearsed. */
async function prepare(input: RehearseInput): Promise<Subject | undefined> {
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

async function foresee({ scenarios, runs, ...input }: RehearseInput, subject: Subject): Promise<RehearsedScenario[]> {
  const done: RehearsedScenario[] = [];
  for (const name of scenarios) {
    const scenario = await forecastScenario(name, {
      ...subject,
      likelyMs: (container, hook, task) =>
        runs === undefined ? undefined : historyOf(runs, container, hook).medianMs(task.name),
    });
    for (const line of [...headLines(scenario, input), ...scenarioLines(scenario, input)]) input.write(`${line}\n`);
    done.push(scenario);
  }
  return done;
}

/** Where lives keep their journals; else why there is no such place, as in a container that is read-only. */
function folderOfItsOwn(): string | { readonly problem: string } {
  try {
    return mkdtempSync(join(tmpdir(), 'hookkeeper-rehearse-'));
  } catch (error) {
    return { problem: `a rehearsal needs a folder to write in: ${messageOf(error)}; name one in TMPDIR` };
  }
}

/** Plays the scenarios in `parent`; undefined where it was broken off. Leaves no process and no file behind. */
async function play(input: RehearseInput, subject: Subject, parent: string): Promise<RehearsedScenario[] | undefined> {
  const { config, graceMs, heldPorts, around } = subject;
  const { file, env, write, clock, signal } = input;
  const screen = createScreen(write, input);
  const token = config.access.tokenFile === undefined ? undefined : readTokenFile(config.access.tokenFile);
  const done: RehearsedScenario[] = [];
  try {
    for (const name of input.scenarios) {
      const { about } = SCENARIO_TABLE[name];
      for (const line of headLines({ name, about }, input)) write(`${line}\n`);
      const notPlayed = whyNotPlayed(name, config, heldPorts, around, input.app);
      if (notPlayed !== undefined) {
        const nothing = { startedAtMs: clock.epochMs(), durationMs: 0, verdicts: [], runs: [], marks: [] };
        const left = { name, about, notPlayed, ...nothing };
        for (const line of scenarioLines(left, input)) write(`${line}\n`);
        done.push(left);
        continue;
      }
      screen.begin(clock.epochMs());
      const played = await playScenario(
        name,
        {
          ...input,
          ...subject,
          configFile: file,
          configText: subject.text,
          parent,
          program: join(input.dist, 'hookkeeper.cjs'),
          token: token?.state === 'known' ? token.token : undefined,
          env: sidecarEnv(env, graceMs),
          appEnv: env,
          onEvent: screen.event,
          onEntry: screen.entry,
          onAppLine: (container, line) => screen.appLine(container, line, clock.epochMs()),
          show: screen.show,
        },
        timeNeeded(name, config, subject).mostMs,
      );
      screen.end();
      if (played === undefined || signal.aborted) return undefined;
      const scenario = { ...played, ...played.scene, notPlayed: null };
      done.push(scenario);
      for (const line of scenarioLines(scenario, input)) write(`${line}\n`);
    }
    return done;
  } finally {
    rmSync(parent, { recursive: true, force: true });
  }
}

/** As a pod has it: what tasks need of the environment is there, what is meant for this command or another pod is not. */
function sidecarEnv(env: Environment, graceMs: number): NodeJS.ProcessEnv {
  const others = Object.entries(env).filter(([name]) => !/^(?:HOOKKEEPER|KUBERNETES)_/.test(name));
  const reserve = env['HOOKKEEPER_GRACE_RESERVE'];
  return {
    ...Object.fromEntries(others),
    ...(reserve === undefined ? {} : { HOOKKEEPER_GRACE_RESERVE: reserve }),
    HOOKKEEPER_GRACE_PERIOD: `${graceMs}ms`,
    HOOKKEEPER_EVENTS: 'false',
  };
}
