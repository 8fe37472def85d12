/** Plays or foresees the scenarios of a rehearsal, and shows each as it goes. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '../config/grace.ts';
import { readTokenFile } from '../config/token-file.ts';
import { forecastScenario } from '../rehearse/dry-run.ts';
import type { RehearsedScenario } from '../rehearse/rehearsal.ts';
import { timeNeeded } from '../rehearse/rehearsal-time.ts';
import { playScenario } from '../rehearse/rehearse.ts';
import { SCENARIO_TABLE } from '../rehearse/scenarios.ts';
import { historyOf } from './likely-durations.ts';
import { headLines, scenarioLines } from './rehearse-lines.ts';
import { whyNotPlayed } from './rehearse-ready.ts';
import { createScreen } from './rehearse-screen.ts';
import type { RehearseInput, Subject } from './rehearse-subject.ts';

/** Without a process: what the scenarios would come to, from the plan. */
export async function foresee(
  { scenarios, runs, ...input }: RehearseInput,
  subject: Subject,
): Promise<RehearsedScenario[]> {
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

/** Plays the scenarios in `parent`; undefined where it was broken off. Leaves no process and no file behind. */
export async function play(
  input: RehearseInput,
  subject: Subject,
  parent: string,
): Promise<RehearsedScenario[] | undefined> {
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
          token: token?.state === 'known' ? token.tokens[0] : undefined,
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
