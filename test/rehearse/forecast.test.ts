import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { graceOf } from '../../src/hooks/run-grace.ts';
import { forecast } from '../../src/rehearse/forecast.ts';
import { fakeTable } from '../config/fake-kinds.ts';

/** What a preStop of these steps comes to with a grace of `graceS`, each task taking the seconds that `took` has for it. */
async function play(steps: string, graceS: number, took: Readonly<Record<string, number>>) {
  const text = `version: 1\ngrace: { period: 60s, reserve: 10s }\ncontainers: { app: { postStart: [], preStop: [${steps}] } }`;
  const loaded = loadConfig({ text, file: 'hooks.yaml', table: fakeTable, env: {}, elsewhere: true });
  const hook = loaded.ok ? loaded.config.containers.get('app')?.preStop : undefined;
  if (!loaded.ok || hook === undefined) throw new Error('the config is wrong');
  const tasks = await forecast({
    hook: 'preStop',
    container: 'app',
    config: hook,
    grace: graceOf('preStop', hook, loaded.config.grace, { apiMs: graceS * 1000 }),
    durationMs: ({ name }) => (took[name] ?? Number.POSITIVE_INFINITY) * 1000,
  });
  return tasks.map(({ name, end, startMs, durationMs }) => `${name} ${end} ${startMs}-${startMs + durationMs}`);
}

const work = (name: string, more = '') => `{ name: ${name}, work: { command: [x] }${more} }`;

describe('a forecast', () => {
  it('takes no time, and puts tasks one after the other and those of a group side by side', async () => {
    const steps = `${work('a')}, { parallel: [${work('b')}, ${work('c')}] }, ${work('d')}`;
    expect(await play(steps, 60, { a: 1, b: 5, c: 2, d: 1 })).toEqual([
      'a ended 0-1000',
      'b ended 1000-6000',
      'c ended 1000-3000',
      'd ended 6000-7000',
    ]);
  });

  it('cuts a task at its timeout, and leaves out what its end means to leave out', async () => {
    const steps = `${work('a', ', timeout: 3s')}, ${work('b')}, ${work('c', ', priority: critical, timeout: 1s')}`;
    expect(await play(steps, 60, { b: 1, c: 0.5 })).toEqual([
      'a cut 0-3000',
      'b leftOut 3000-3000',
      'c ended 3000-3500',
    ]);
  });

  it('sheds optional work first where time is short, as a run does', async () => {
    const steps = `${work('a', ', priority: optional, timeout: 5s')}, ${work('b', ', priority: critical, timeout: 9s')}`;
    expect(await play(steps, 60, { a: 1, b: 1 })).toEqual(['a ended 0-1000', 'b ended 1000-2000']);
    expect(await play(steps, 12, { a: 1, b: 1 })).toEqual(['a shed 0-0', 'b ended 0-1000']);
  });

  it('leaves a critical task what its attempts may take, where it has no timeout', async () => {
    const stop = ', priority: critical, attemptTimeout: 5s';
    const steps = `${work('a')}, { name: b, work: { command: [x], stop: 2s }${stop} }`;
    const tasks = await play(steps, 60, { b: 4.999 });
    expect(tasks).toEqual([
      expect.stringMatching(/^a cut 0-42\d\d\d$/),
      expect.stringMatching(/^b ended 42\d\d\d-47\d\d\d$/),
    ]);
  });

  it('ends with the working time, whatever does not', async () => {
    const [a = ''] = await play(work('a'), 60, {});
    expect(a).toMatch(/^a cut 0-497\d\d$/);
  });
});
