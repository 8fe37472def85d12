import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { HookResult } from '../../src/rehearse/simulated-kubelet.ts';
import { kubeletOf, type Stage, stage } from '../e2e/stage.ts';
import type { LogLine, Service } from '../helpers/program.ts';

const RECIPES = join(import.meta.dirname, '..', '..', 'k8s-examples', 'recipes');

/** A recipe's hooks.yaml, played by the built program. */
export interface Played {
  /** Calls the preStop of the recipe's container as the kubelet does, with the recipe's grace; the answer, decoded. */
  preStop(): Promise<unknown>;
  /** Calls the postStart, as the kubelet does; the answer, decoded. */
  postStart(): Promise<unknown>;
  /** The first line of the log with this text in its message. */
  said(text: string): Promise<LogLine>;
  /** Waits until a task is begun. */
  begun(task: string): Promise<LogLine>;
  hasEnded(task: string): boolean;
}

/** The values of a recipe that a test has to have otherwise (ports, paths, and waits for the world outside), by what stands there. */
export type Otherwise = Readonly<Record<string, string>>;

/** Starts the program with the recipe, in the folder of `at` where a test has made one. */
export async function play(recipe: string, otherwise: Otherwise, at?: Stage): Promise<Played> {
  const { configure, start } = at ?? (await stage());
  const text = readFileSync(join(RECIPES, recipe, 'hooks.yaml'), 'utf8');
  await configure(Object.entries(otherwise).reduce(replaced, text));
  const service = await start();
  return { preStop: () => preStop(service, text), postStart: () => postStart(service, text), ...logOf(service) };
}

function replaced(text: string, [documented, inTest]: readonly [string, string]): string {
  if (!text.includes(documented)) throw new Error(`the recipe no longer has ${documented}`);
  return text.replaceAll(documented, () => inTest);
}

async function preStop(service: Service, text: string): Promise<unknown> {
  const [, graceS] = /period: (\d+)s/.exec(text) ?? [];
  return answerOf(await kubeletOf(service).preStop({ path: `/prestop/${containerOf(text)}` }, Number(graceS) * 1000));
}

async function postStart(service: Service, text: string): Promise<unknown> {
  return answerOf(await kubeletOf(service).postStart({ path: `/poststart/${containerOf(text)}` }));
}

function containerOf(text: string): string | undefined {
  return /^containers:\n {2}(\S+):/m.exec(text)?.[1];
}

function answerOf(result: HookResult): unknown {
  expect(result, 'what the kubelet makes of the hook').toMatchObject({ kind: 'success', status: 200 });
  const answer: unknown = JSON.parse(result.kind === 'success' ? result.body : '');
  return answer;
}

function logOf(service: Service): Omit<Played, 'preStop' | 'postStart'> {
  return {
    said: (text) => service.line(text, ({ msg }) => String(msg).includes(text)),
    begun: (name) =>
      service.line(`the begin of ${name}`, ({ event, task }) => event === 'taskStarted' && task === name),
    hasEnded: (name) => service.log().some(({ event, task }) => event === 'taskEnded' && task === name),
  };
}
