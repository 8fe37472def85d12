/** Plays scenarios against the built program and the real tasks, one after the other, and judges each. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import type { ActionFacts } from '../config/task-kind.ts';
import { type Clock, wait } from '../hooks/clock.ts';
import { seconds } from '../hooks/sentence.ts';
import { appContainer, BESIDE_THE_APP, type RehearsedApp, startApp } from './app-process.ts';
import { withFailingStart } from './failing-config.ts';
import { type Scene, sceneOf } from './life-scene.ts';
import type { PodEvent } from './pod-event.ts';
import type { SidecarKind } from './pod-spec.ts';
import { verdictsOf } from './promises.ts';
import { MENDED, openStage, type Stage, type StageInput } from './rehearsal-stage.ts';
import { SCENARIO_TABLE, type ScenarioName } from './scenarios.ts';
import type { LogEntry } from './sidecar-log.ts';
import type { Verdict } from './verdict.ts';

export interface RehearsalInput extends Pick<StageInput, 'program' | 'parent' | 'env' | 'clock' | 'random' | 'signal'> {
  readonly configFile: string;
  readonly configText: string;
  readonly config: Config<ActionFacts>;
  /** The grace with which the pod is deleted where the scenario does not say otherwise, in ms. */
  readonly graceMs: number;
  readonly shortGraceMs: number;
  /** The ports on which a connection is held that never drains. */
  readonly heldPorts: readonly number[];
  /** The shared secret that the hooks are called with; undefined: none. */
  readonly token: string | undefined;
  readonly app: RehearsedApp;
  /** The folder of the built program's files. */
  readonly dist: string;
  readonly appEnv: Readonly<NodeJS.ProcessEnv>;
  readonly onEvent: (event: PodEvent) => void;
  readonly onEntry: (entry: LogEntry) => void;
  readonly onAppLine: StageInput['onAppLine'];
  /** Shows the life as it is now; called every now and then. */
  readonly show: (scene: Scene, nowMs: number) => void;
}

/** A scenario that was played to its end, or as far as it went. */
export interface Played {
  readonly name: ScenarioName;
  readonly about: string;
  readonly startedAtMs: number;
  readonly durationMs: number;
  readonly scene: Scene;
  readonly verdicts: readonly Verdict[];
}

const SHOW_EVERY_MS = 150;

/** Plays one scenario, for `boundMs` at the longest. Resolves with undefined where the rehearsal was broken off. */
export async function playScenario(
  name: ScenarioName,
  input: RehearsalInput,
  boundMs: number,
): Promise<Played | undefined> {
  const { clock, config } = input;
  const { about, mayFail, play } = SCENARIO_TABLE[name];
  const [startedAtMs, startMs] = [clock.epochMs(), clock.monotonicMs()];
  const stage = await openStage(stageOf(name, input));
  try {
    const done = new AbortController();
    const showing = showUntil(done.signal, stage, input);
    await Promise.race([
      endOf(stage, () => play(stage, input.heldPorts)),
      late(clock, boundMs, done.signal).then(() => stage.fail(`it was not over after ${seconds(boundMs)}`)),
    ]);
    done.abort();
    await showing;
    if (input.signal.aborted) return undefined;
    const life = await stage.life();
    const verdicts = verdictsOf({ life, config, mayFail, problem: stage.problem() });
    return { name, about, startedAtMs, durationMs: clock.monotonicMs() - startMs, scene: sceneOf(life), verdicts };
  } finally {
    await stage.close();
  }
}

/** Resolves when the scenario was played and its pod has ended, or it can't be played on. */
async function endOf(stage: Stage, play: () => Promise<void>): Promise<void> {
  await play();
  await stage.until(() => stage.events.some(({ type }) => type === 'podEnded'));
}

/** Never resolves when it is not late any more. */
function late(clock: Clock, boundMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    void wait(clock, boundMs, signal).then((whole) => {
      if (whole) resolve();
    });
  });
}

async function showUntil(signal: AbortSignal, stage: Stage, { clock, show }: RehearsalInput): Promise<void> {
  while (await wait(clock, SHOW_EVERY_MS, signal)) show(sceneOf(await stage.life()), clock.epochMs());
}

/** What Hookkeeper is in the rehearsed pod: a native sidecar, unless the config says otherwise. */
export function sidecarKind({ lifecycle }: Config<ActionFacts>): SidecarKind {
  return lifecycle.sidecar === 'regular' ? 'regular' : 'native';
}

function stageOf(name: ScenarioName, input: RehearsalInput): StageInput {
  const { config, configFile, configText, token, app } = input;
  const containers = [...config.containers.values()];
  const graceMs = name === 'short-grace' ? input.shortGraceMs : input.graceMs;
  const ours = appContainer(containers, app);
  const failing = containers.find(({ postStart }) => postStart !== undefined)?.name;
  const headers = [
    ...(token === undefined ? [] : [{ name: 'Authorization', value: `Bearer ${token}` }]),
    ...(name === 'short-grace' ? [{ name: 'Hookkeeper-Grace', value: `${graceMs}ms` }] : []),
  ];
  return {
    ...input,
    containers,
    sidecar: sidecarKind(config),
    graceMs,
    headers,
    startApp: (name) => startApp(name === ours ? app : BESIDE_THE_APP, input.dist, input.appEnv),
    configFile(dir) {
      if (name !== 'failing-start' || failing === undefined) return configFile;
      const file = join(dir, 'hooks.yaml');
      writeFileSync(file, withFailingStart(configText, failing, join(dir, MENDED)));
      return file;
    },
  };
}
