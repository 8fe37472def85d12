import { describe, expect, it } from 'vitest';
import { tasksOf } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load.ts';
import { formatSentence } from '../../src/config/problem.ts';
import { taskTable } from '../../src/tasks/table.ts';
import { fakeTable } from './fake-kinds.ts';

interface Written {
  readonly postStart?: unknown;
  readonly preStop?: unknown;
}

function load({ postStart = [], preStop = [] }: Written, more: object = {}, elsewhere = false) {
  const text = JSON.stringify({ version: 1, ...more, containers: { app: { postStart, preStop } } });
  return loadConfig({ text, file: 'hooks.yaml', table: fakeTable, env: {}, elsewhere });
}

function sentencesOf(...args: Parameters<typeof load>): string[] {
  const loaded = load(...args);
  return (loaded.ok ? loaded.warnings : loaded.problems).map(formatSentence);
}

const MISSING = { work: { command: ['missing'] } };

describe('a config with warnings alone', () => {
  it('is loaded, and they are told', () => {
    const text = 'version: 1\ncontainers: { app: { preStop: [] } }';
    const loaded = loadConfig({ text, file: 'hooks.yaml', table: fakeTable, env: {} });
    expect(loaded).toMatchObject({ ok: true, warnings: [{ severity: 'warning', path: 'containers.app' }] });
  });
});

describe('a container without a postStart', () => {
  const warningsOf = (container: object, lifecycle = {}) => {
    const text = JSON.stringify({ version: 1, lifecycle, containers: { app: { preStop: [], ...container } } });
    const loaded = loadConfig({ text, file: 'hooks.yaml', table: fakeTable, env: {} });
    return loaded.ok ? loaded.warnings.map(formatSentence) : [];
  };
  const regular = { sidecar: 'regular' };
  const listPorts =
    "containers.app should list its ports, as without a postStart only a new listening socket tells the container's restart from a repeated delivery: value is preStop alone, list its ports: ports: [8080]";

  it.each([{}, { sidecar: 'native' }, { sidecar: 'auto' }])('should have one: %j', (lifecycle) => {
    const told = [expect.stringContaining('containers.app should have a postStart too')];
    expect(warningsOf({}, lifecycle)).toEqual(told);
    expect(warningsOf({ ports: [8080] }, lifecycle)).toEqual(told);
  });

  it('is right beside a regular sidecar, whose postStart could come too early, but should list its ports', () => {
    expect(warningsOf({ ports: [8080] }, regular)).toEqual([]);
    expect(warningsOf({}, regular)).toEqual([listPorts]);
    expect(warningsOf({ postStart: [] }, regular)).toEqual([]);
  });
});

describe('a config for another machine', () => {
  it('has nothing looked for that only that machine has', () => {
    const written = { preStop: [{ name: 'a', timeout: '1s', ...MISSING }] };
    const access = { access: { tokenFile: '/nowhere/token' } };
    expect(sentencesOf(written, access)).toHaveLength(2);
    expect(sentencesOf(written, access, true)).toEqual([]);
  });

  it('has told what its text alone shows', () => {
    const inside = { from: '/data/snapshots', to: '/data' };
    const tasks = [
      { name: 'back', restore: inside },
      { name: 'words', exec: { command: ['cat', '~/x'] } },
      { name: 'wrong', exec: { shell: '#!/bin/bash' }, bad: true },
    ];
    const text = JSON.stringify({ version: 1, containers: { app: { postStart: tasks } } });
    const loaded = loadConfig({ text, file: 'hooks.yaml', table: taskTable, env: {}, elsewhere: true });
    expect(loaded.ok ? [] : loaded.problems.map(({ severity, path }) => `${severity} ${path}`)).toEqual([
      'error containers.app.postStart[0].restore.to',
      'warning containers.app.postStart[1].exec.command[1]',
      'warning containers.app.postStart[2].exec.shell',
      'error containers.app.postStart[2].bad',
    ]);
  });
});

describe('a task of a postStart', () => {
  it('must not say what makes sense for a preStop alone', () => {
    const task = {
      name: 'a',
      pause: '1s',
      alsoWithoutHook: true,
      when: { reason: 'restart' },
      undo: { pause: '1s' },
    };
    const rule = 'must stand at a task of a preStop';
    const path = 'containers.app.postStart[0]';
    expect(sentencesOf({ preStop: [task] })).toEqual([]);
    expect(sentencesOf({ postStart: [task] }).toSorted()).toEqual([
      `${path}.alsoWithoutHook ${rule}: value is true, remove it`,
      `${path}.undo ${rule}, as it takes back what a preStop took away: value is pause, take back what a postStart did with a task of the preStop`,
      `${path}.when.reason ${rule}: value is restart, remove it`,
    ]);
  });

  it('may be guarded by a condition', () => {
    expect(sentencesOf({ postStart: [{ name: 'a', pause: '1s', when: { met: true } }] })).toEqual([]);
  });
});

describe('an undo', () => {
  it('is resolved as a task is, with its own defaults', () => {
    const loaded = load({
      preStop: [{ name: 'a', pause: '1s', undo: { work: { command: ['x'] }, attemptTimeout: '2s' } }],
    });
    const hook = loaded.ok ? loaded.config.containers.get('app')?.preStop : undefined;
    expect(hook && tasksOf(hook)[0]?.undo).toMatchObject({
      kind: 'work',
      action: { did: 'work', summary: 'work x' },
      timeoutMs: 10_000,
      attemptTimeoutMs: 2000,
      retry: { attempts: 1 },
    });
  });

  it.each([
    [{}, 'undo must have exactly one of work, pause: value is none, say what the task does'],
    [
      { pause: '1s', work: { command: ['x'] } },
      'undo must have exactly one of work, pause: value is work and pause, make a task of each',
    ],
    [MISSING, 'undo.work.command[0] must be an executable file: value is "missing", check the mount of the volume'],
    [
      { pause: '1s', attemptTimeout: '11s' },
      'undo.attemptTimeout must be at most the timeout of 10s: value is 11s, shorten it, or raise the timeout',
    ],
  ])('that is %j is refused', (undo, sentence) => {
    expect(sentencesOf({ preStop: [{ name: 'a', pause: '1s', undo }] })).toEqual([
      `containers.app.preStop[0].${sentence}`,
    ]);
  });
});

describe('what guards a task', () => {
  const when = { met: true, file: 'missing' };
  const problem = 'when.file must be an executable file';

  it('has told what it finds wrong itself', () => {
    expect(sentencesOf({ preStop: [{ name: 'a', pause: '1s', when }] })).toMatchObject([
      expect.stringContaining(`containers.app.preStop[0].${problem}`),
    ]);
  });

  it('has it told of a task that is otherwise wrong, too, and may be a reason alone', () => {
    const wrong = [
      { name: 'a', when },
      { name: 'b', when: { reason: 'restart' } },
    ];
    expect(sentencesOf({ preStop: wrong })).toMatchObject([
      expect.stringContaining('preStop[0] must have exactly one of'),
      expect.stringContaining(problem),
      expect.stringContaining('preStop[1] must have exactly one of'),
    ]);
  });
});

describe('where one task is wrong', () => {
  const wrong = { name: 'a', pause: 5 };

  it('what the others have wrong is told, too', () => {
    expect(sentencesOf({ preStop: [wrong, { name: 'b', pause: '3s', timeout: '1s' }] })).toMatchObject([
      expect.stringContaining('preStop[0].pause must be'),
      expect.stringContaining('preStop[1].timeout must be longer than the 3s that the pause lasts by itself'),
    ]);
  });

  it("the time of the other hooks is checked against the file's own grace", () => {
    const written = { postStart: [wrong], preStop: [{ name: 'b', pause: '50s', priority: 'critical' }] };
    expect(sentencesOf(written, { grace: { period: '45s' } })).toMatchObject([
      expect.stringContaining('postStart[0].pause must be'),
      expect.stringContaining('preStop must fit into 39.75s (the grace period of 45s minus the reserve of 5s'),
    ]);
  });
});

describe('the number of tasks', () => {
  const task = (_: unknown, index: number) => ({ name: `t${index}`, pause: '1ms' });
  const steps = Array.from({ length: 49 }, task);

  it('is at most 50 with a group as the fiftieth step', () => {
    const group = { parallel: [task(0, 100), task(0, 101)] };
    expect(sentencesOf({ preStop: [...steps, group] })).toEqual([
      'containers.app.preStop must have at most 50 tasks, those in groups included: value is 51, put several of them into one script',
    ]);
    expect(sentencesOf({ preStop: [...steps, task(0, 100)] })).toEqual([]);
  });
});

describe("the hook's own timeout", () => {
  it('is what is raised for a task that wants more time than there is', () => {
    const hook = { timeout: '10s', tasks: [{ name: 'a', pause: '1s', minimum: '9.8s' }] };
    expect(sentencesOf({ postStart: hook })).toEqual([
      "containers.app.postStart.tasks[0].minimum must be at most 9.75s (the hook's timeout of 10s minus 250ms for the answer), or the task is never started: value is 9.8s, shorten it, or raise the hook's timeout",
    ]);
  });
});

describe('an empty path of a token', () => {
  it('is told once', () => {
    expect(sentencesOf({}, { access: { tokenFile: '' } })).toEqual([
      'access.tokenFile must have at least 1 character: value is "", add what is missing',
    ]);
  });
});
