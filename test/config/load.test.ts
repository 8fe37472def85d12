import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { tasksOf } from '../../src/config/config.ts';
import { LIMITS } from '../../src/config/defaults.ts';
import { loadConfig } from '../../src/config/load.ts';
import { formatProblem } from '../../src/config/problem.ts';
import { fakeTable } from './fake-kinds.ts';

const FIXTURES = join(import.meta.dirname, '..', 'fixtures', 'config');

function load(text: string, env: Record<string, string> = {}) {
  return loadConfig({ text, file: 'hooks.yaml', table: fakeTable, env });
}

function problemsOf(text: string, env: Record<string, string> = {}): string[] {
  const loaded = load(text, env);
  return (loaded.ok ? loaded.warnings : loaded.problems).map(formatProblem);
}

/** A config with these steps in the preStop of `app`, and what else the file says. */
function preStop(steps: string, top = ''): string {
  const lines = steps
    .trim()
    .split('\n')
    .map((line) => `      ${line}`);
  return `version: 1\n${top}\ncontainers:\n  app:\n    postStart: []\n    preStop:\n${lines.join('\n')}\n`;
}

describe('a config at the edges of what may be written', () => {
  it('is taken as it is written', () => {
    const tokenFile = join(FIXTURES, 'good.yaml');
    const steps = `
tasks:
  - { name: skipped, pause: 1s, onInterrupted: skip, minimum: 0s, retry: { minDelay: 0s, maxDelay: 0s } }
  - { name: failed, pause: 1s, onInterrupted: fail, onFailure: stop, onTimeout: fail }
onRedelivery: replay
unknownReason: restart`;
    const top = 'access: { tokenFile: FILE }\nlifecycle: { sidecar: native, arrivalWindow: 0s }';
    const loaded = load(
      preStop(steps, top)
        .replace('postStart: []', 'postStart: { tasks: [], dedupeWindow: 0s }')
        .replace('FILE', tokenFile),
    );
    const config = loaded.ok ? loaded.config : undefined;
    expect(config).toMatchObject({
      access: { tokenFile },
      lifecycle: { sidecar: 'native', arrivalWindowMs: 0 },
    });
    expect(config?.containers.get('app')).toMatchObject({
      postStart: { steps: [], dedupeWindowMs: 0 },
      preStop: {
        onRedelivery: 'replay',
        unknownReason: 'restart',
        steps: [
          { task: { onInterrupted: 'skip', minimumMs: 0, retry: { minDelayMs: 0, maxDelayMs: 0 } } },
          { task: { onInterrupted: 'fail', onFailure: 'stop', onTimeout: 'fail' } },
        ],
      },
    });
    expect(load(preStop('[]', 'lifecycle: { sidecar: regular }'))).toMatchObject({
      config: { lifecycle: { sidecar: 'regular', arrivalWindowMs: undefined } },
    });
  });

  it('has no more containers than are allowed', () => {
    const containers = (count: number) =>
      `version: 1\ncontainers: {${Array.from({ length: count }, (_, index) => ` c${index}: { postStart: [] }`).join(',')} }`;
    expect(problemsOf(containers(LIMITS.containers))).toEqual([]);
    expect(problemsOf(containers(LIMITS.containers + 1))).toEqual([
      expect.stringContaining(`must have at most ${LIMITS.containers} containers`),
    ]);
  });
});

describe('a good config', () => {
  let loaded: ReturnType<typeof load>;
  let config: (typeof loaded & { ok: true })['config'] | undefined;

  beforeEach(() => {
    loaded = load(readFileSync(join(FIXTURES, 'good.yaml'), 'utf8'));
    config = loaded.ok ? loaded.config : undefined;
  });

  it('is loaded without a warning', () => {
    expect(loaded).toMatchObject({ ok: true, warnings: [] });
    expect([...(config?.containers.keys() ?? [])]).toEqual(['app', 'helper']);
    expect(config?.digest).toMatch(/^[0-9a-f]{12}$/);
  });

  it('has every duration in ms, and the settings that are written', () => {
    expect(config?.grace).toEqual({ periodMs: 45_000, reserveMs: 10_000, source: 'config' });
    expect(config?.containers.get('app')?.postStart).toMatchObject({
      timeoutMs: 90_000,
      dedupeWindowMs: 5000,
      onRedelivery: 'replay',
      steps: [
        {
          kind: 'task',
          task: {
            name: 'warm-up',
            kind: 'work',
            timeoutMs: 20_000,
            retry: { attempts: 5, minDelayMs: 200, maxDelayMs: 60_000, factor: 1.5, jitter: false },
          },
        },
      ],
    });
  });

  it('keeps the order of the steps, and groups', () => {
    const steps = config?.containers.get('app')?.preStop?.steps ?? [];
    expect(steps.map(({ kind }) => kind)).toEqual(['task', 'parallel', 'task']);
    expect(steps[1]).toMatchObject({
      tasks: [
        {
          name: 'save-state',
          action: { did: 'work', stopMs: 2000 },
          timeoutMs: 20_000,
          attemptTimeoutMs: 8000,
          minimumMs: 3000,
          priority: 'critical',
          onFailure: 'fail',
          onTimeout: 'continue',
          onInterrupted: 'skip',
        },
        { name: 'flush-metrics', priority: 'optional', onFailure: 'continue', onTimeout: 'continue' },
      ],
    });
  });

  it('has the defaults where nothing is written', () => {
    const least = load(
      'version: 1\ncontainers: { app: { postStart: [{ name: a, work: { command: [x] } }], preStop: [] } }',
    );
    expect(least).toMatchObject({ ok: true, warnings: [] });
    const plain = least.ok ? least.config : undefined;
    expect(plain?.grace).toEqual({ periodMs: 30_000, reserveMs: 5000, source: 'default' });
    expect(plain?.access).toEqual({ tokenFile: undefined });
    const app = plain?.containers.get('app');
    expect(app?.preStop).toEqual({
      timeoutMs: undefined,
      dedupeWindowMs: 0,
      onRedelivery: 'resume',
      unknownReason: 'termination',
      steps: [],
    });
    expect(app?.postStart).toMatchObject({ timeoutMs: 60_000, dedupeWindowMs: 10_000, onRedelivery: 'resume' });
    expect(app?.postStart && tasksOf(app.postStart)).toMatchObject([
      {
        timeoutMs: undefined,
        attemptTimeoutMs: undefined,
        retry: { attempts: 1, minDelayMs: 500, maxDelayMs: 10_000, factor: 2, jitter: true },
        priority: 'normal',
        minimumMs: 0,
        onFailure: 'fail',
        onTimeout: 'fail',
        onInterrupted: 'rerun',
      },
    ]);
  });

  it('has another digest when its text is another one', () => {
    const [a, b] = [
      'version: 1\ncontainers: { app: { postStart: [] } }',
      'version: 1\ncontainers: { app: { postStart: [] } }\n',
    ];
    const digests = [a, b, a].map((text) => {
      const one = load(text);
      return one.ok && one.config.digest;
    });
    expect(digests[0]).toBe(digests[2]);
    expect(digests[0]).not.toBe(digests[1]);
  });
});

describe('a bad config', () => {
  it('is refused with every problem at once, in the order of the file', () => {
    expect(problemsOf(readFileSync(join(FIXTURES, 'wrong.yaml'), 'utf8'))).toEqual(
      readFileSync(join(FIXTURES, 'wrong.txt'), 'utf8').trimEnd().split('\n'),
    );
  });

  it.each([
    [
      '',
      'hooks.yaml:1:1 error the file must be a mapping: value is empty, write "version: 1", and "containers:" with the hooks of each',
    ],
    [
      "version: '1'\ncontainers: { app: { postStart: [] } }",
      'hooks.yaml:1:10 error version must be 1: value is "1", write 1 without quotes',
    ],
    [
      'version: 1\ncontainers:\n  app: &app { postStart: [] }\n  web: { <<: *app, postStart: [] }',
      'hooks.yaml:4:10 error the file must not use merge keys (<<): value is "<<", write the keys out',
    ],
    [
      '5',
      'hooks.yaml:1:1 error the file must be a mapping: value is 5, write its keys below it, indented: version, grace, access, lifecycle, containers',
    ],
    [
      'version: 1\ncontainers: {}',
      'hooks.yaml:2:1 error containers must have at least 1 container: value is an empty mapping, name a container of the pod',
    ],
    [
      `version: 1\ncontainers:\n${Array.from({ length: 21 }, (_, index) => `  c${index}: { postStart: [] }`).join('\n')}`,
      'hooks.yaml:2:1 error containers must have at most 20 containers: value is a mapping, remove some',
    ],
    [
      'version: 1\naccess: { tokenFile: / }\ncontainers: { app: { postStart: [] } }',
      'hooks.yaml:2:22 error access.tokenFile must be a file that holds a token: value is "/" (the file is no regular one), check the mount of the secret',
    ],
    [
      'version: 1\naccess: { tokenFile: /nowhere/token }\ncontainers: { app: { postStart: [] } }',
      'hooks.yaml:2:22 error access.tokenFile must be a file that holds a token: value is "/nowhere/token" (ENOENT: no such file or directory), check the mount of the secret',
    ],
    [
      'version: 1\ncontainers: [',
      'hooks.yaml:2:14 error the file must be valid YAML: flow sequence in block collection must be sufficiently indented and end with a ]',
    ],
  ])('%j is refused', (text, problem) => {
    expect(problemsOf(text)).toEqual([problem]);
  });

  it('may have 50 tasks in a hook and no more, those in groups included', () => {
    const tasks = (from: number, count: number, indent: string) =>
      Array.from({ length: count }, (_, index) => `${indent}- { name: t${from + index}, pause: 1ms }`).join('\n');
    const group = `- parallel:\n${tasks(100, 25, '    ')}\n`;
    expect(problemsOf(preStop(`${group}${tasks(0, 25, '')}`))).toEqual([]);
    expect(problemsOf(preStop(`${group}${tasks(0, 26, '')}`))).toEqual([
      'hooks.yaml:6:5 error containers.app.preStop must have at most 50 tasks, those in groups included: value is 51, put several of them into one script',
    ]);
    expect(problemsOf(preStop(tasks(0, 51, '')))).toEqual([
      'hooks.yaml:6:5 error containers.app.preStop must have at most 50 items: value is a list, make it shorter',
    ]);
  });

  it('has no more than 100 problems told, and is told that there are more', () => {
    const problems = problemsOf(`version: 1\n${Array.from({ length: 300 }, (_, index) => `k${index}: 1\n`).join('')}`);
    expect(problems).toHaveLength(101);
    expect(problems.at(-1)).toBe(
      'hooks.yaml error the file has more problems than the 100 that are reported at once: mend these first',
    );
  });

  it('has exactly 100 problems told without a word of more', () => {
    const problems = problemsOf(
      `version: 1\ncontainers: { app: { postStart: [] } }\n${Array.from({ length: 100 }, (_, index) => `k${index}: 1\n`).join('')}`,
    );
    expect(problems).toHaveLength(100);
    expect(problems.at(-1)).toContain('k99 is not a known key');
  });

  it('has errors told rather than warnings when not all can be told', () => {
    const unknown = Array.from({ length: 150 }, (_, index) => `k${index}: 1\n`).join('');
    const problems = problemsOf(`version: 1\ncontainers: { app: { preStop: [] } }\n${unknown}`);
    expect(problems.filter((problem) => problem.includes(' warning '))).toEqual([]);
  });

  it('is never a reason to throw, whatever is in it', () => {
    const good = readFileSync(join(FIXTURES, 'good.yaml'), 'utf8');
    const spoilt = fc
      .record({
        at: fc.nat(good.length),
        drop: fc.nat(30),
        put: fc.oneof(
          fc.string({ maxLength: 10 }),
          fc.constantFrom('[', '{', '\n', ': ', '- ', '*a', '&a ', '!x ', '"'),
        ),
      })
      .map(({ at, drop, put }) => good.slice(0, at) + put + good.slice(at + drop));
    fc.assert(
      fc.property(fc.oneof(spoilt, fc.string(), fc.json()), (text) => {
        const loaded = load(text);
        if (loaded.ok) return;
        expect(loaded.problems.some(({ severity }) => severity === 'error')).toBe(true);
        for (const { file, line, rule, remedy } of loaded.problems) {
          expect([file, line === undefined || line >= 1]).toEqual(['hooks.yaml', true]);
          expect([rule, remedy]).not.toContain('');
        }
      }),
    );
  });
});

describe('the settings of a task together', () => {
  it.each([
    [
      'timeout: 3s\n  attemptTimeout: 5s',
      'hooks.yaml:9:25 error containers.app.preStop[0].attemptTimeout must be at most the timeout of 3s: value is 5s, shorten it, or raise the timeout',
    ],
    [
      'timeout: 3s\n  minimum: 5s',
      'hooks.yaml:9:18 error containers.app.preStop[0].minimum must be at most the timeout of 3s: value is 5s, shorten it, or raise the timeout',
    ],
    [
      'retry: { minDelay: 11s }',
      'hooks.yaml:8:28 error containers.app.preStop[0].retry.minDelay must be at most the maxDelay of 10s: value is 11s, shorten it, or raise the maxDelay',
    ],
    [
      'retry: { minDelay: 2s, maxDelay: 1s }',
      'hooks.yaml:8:28 error containers.app.preStop[0].retry.minDelay must be at most the maxDelay of 1s: value is 2s, shorten it, or raise the maxDelay',
    ],
  ])('%j is refused', (fields, problem) => {
    expect(problemsOf(preStop(`- name: a\n  ${fields}\n  pause: 1s`))).toEqual([problem]);
  });

  it.each([
    [
      'pause: 3s, timeout: 1s',
      'containers.app.preStop[0].timeout must be longer than the 3s that the pause lasts by itself: value is 1s, raise or remove it, or shorten the pause',
    ],
    [
      'pause: 3s, attemptTimeout: 2999ms',
      'containers.app.preStop[0].attemptTimeout must be longer than the 3s that the pause lasts by itself: value is 2.999s, raise or remove it, or shorten the pause',
    ],
    [
      'pause: 3s, timeout: 3s',
      'containers.app.preStop[0].timeout must be longer than the 3s that the pause lasts by itself: value is 3s, raise or remove it, or shorten the pause',
    ],
    [
      'pause: { time: 3s, more: 1s }, timeout: 3.9s',
      'containers.app.preStop[0].timeout must be at least the 4s that the pause may last by itself: value is 3.9s, raise or remove it, or shorten the pause',
    ],
    [
      'pause: 1s, undo: { pause: 10s }',
      'containers.app.preStop[0].undo.timeout must be longer than the 10s that the pause lasts by itself: value is 10s, raise it, or shorten the pause',
    ],
    [
      'pause: 1s, undo: { pause: 3s, attemptTimeout: 2s }',
      'containers.app.preStop[0].undo.attemptTimeout must be longer than the 3s that the pause lasts by itself: value is 2s, raise or remove it, or shorten the pause',
    ],
    [
      'work: { command: [x], least: 3s }, timeout: 3s',
      'containers.app.preStop[0].work.least must be shorter than the timeout of 3s, which else is over first: value is 3s, shorten it, or raise the timeout',
    ],
    [
      'work: { command: [x], least: 3s }, attemptTimeout: 2s',
      'containers.app.preStop[0].work.least must be shorter than the attemptTimeout of 2s, which else is over first: value is 3s, shorten it, or raise the attemptTimeout',
    ],
    [
      'pause: 1s, undo: { work: { command: [x], least: 10s } }',
      'containers.app.preStop[0].undo.work.least must be shorter than the timeout of 10s, which else is over first: value is 10s, shorten it, or raise the timeout',
    ],
    [
      'pause: 1s, minimum: 30s',
      'containers.app.preStop[0].minimum must be at most 24.75s (the grace period of 30s minus the reserve of 5s and 250ms for the answer), or the task is never started: value is 30s, shorten it, or raise terminationGracePeriodSeconds and the grace period',
    ],
  ])('that no run can keep are refused: %s', (fields, problem) => {
    expect(problemsOf(preStop(`- { name: a, ${fields} }`))).toEqual([expect.stringContaining(`error ${problem}`)]);
  });

  it.each([
    'pause: 3s, timeout: 3001ms',
    'pause: { time: 3s, more: 1s }, timeout: 4s',
    'pause: 1s, undo: { pause: 9s }',
    'pause: 1s, undo: { pause: 10s, timeout: 11s }',
    'work: { command: [x], least: 3s }, timeout: 4s, attemptTimeout: 3001ms',
    'work: { command: [x] }, timeout: 1s, retry: { minDelay: 2s }',
    'work: { command: [x] }, timeout: 1s, retry: { minDelay: 999ms, attempts: 2 }',
  ])('that a run can just keep are good: %s', (fields) => {
    expect(problemsOf(preStop(`- { name: a, ${fields} }`))).toEqual([]);
  });

  it.each([
    [
      'work: { command: [x] }, timeout: 1s, retry: { minDelay: 1s, attempts: 2 }',
      'containers.app.preStop[0].retry.minDelay should be shorter than the timeout of 1s, or nothing is tried again: value is 1s, shorten it, or raise the timeout',
    ],
    [
      'pause: 1s, undo: { pause: 1s, retry: { minDelay: 10s, attempts: 2 } }',
      'containers.app.preStop[0].undo.retry.minDelay should be shorter than the timeout of 10s, or nothing is tried again: value is 10s, shorten it, or raise the timeout',
    ],
    [
      'work: { command: [x], least: 24750ms }',
      'containers.app.preStop[0].work.least should be shorter than 24.75s (the grace period of 30s minus the reserve of 5s and 250ms for the answer), or the task never succeeds: value is 24.75s, shorten it, or raise terminationGracePeriodSeconds and the grace period',
    ],
  ])('that come to nothing are warned of: %s', (fields, problem) => {
    expect(problemsOf(preStop(`- { name: a, ${fields} }`))).toEqual([expect.stringContaining(`warning ${problem}`)]);
  });

  it("may ask for a minimum of all the time there is, which is the hook's own timeout where it is shorter", () => {
    expect(problemsOf(preStop('- { name: a, pause: 1s, minimum: 24750ms }'))).toEqual([]);
    const own = 'postStart: { timeout: 10s, tasks: [{ name: a, pause: 1s, minimum: 9.8s }] }';
    expect(problemsOf(`version: 1\ncontainers: { app: { ${own} } }`)).toEqual([
      expect.stringContaining("must be at most 9.75s (the hook's timeout of 10s minus 250ms for the answer)"),
    ]);
  });

  it('may be the same', () => {
    const same = '- { name: a, pause: 1s, timeout: 3s, attemptTimeout: 3s, minimum: 3s, retry: { minDelay: 10s } }';
    expect(problemsOf(preStop(same))).toEqual([]);
  });

  it('have what their action finds wrong told at its place', () => {
    expect(
      problemsOf(preStop('- parallel:\n    - name: a\n      timeout: 1s\n      work: { command: [missing] }')),
    ).toEqual([
      'hooks.yaml:10:31 error containers.app.preStop[0].parallel[0].work.command[0] must be an executable file: value is "missing", check the mount of the volume',
    ]);
  });

  it('have what their action finds wrong told beside all else that is wrong with the task', () => {
    const task = '- name: A_b\n  tiemout: 1s\n  timeout: 5\n  work: { command: [missing] }';
    expect(problemsOf(preStop(task))).toEqual([
      expect.stringContaining('preStop[0].name must be a name'),
      expect.stringContaining('preStop[0].tiemout is not a known key'),
      expect.stringContaining('preStop[0].timeout must be a duration'),
      expect.stringContaining('preStop[0].work.command[0] must be an executable file'),
    ]);
  });

  it('have it told below a container whose name is wrong, too', () => {
    const text = 'version: 1\ncontainers:\n  My_App:\n    postStart: []\n    preStop:\n      - { name: a, pause: 5 }';
    expect(problemsOf(text)).toEqual([
      expect.stringContaining('hooks.yaml:3:3 error containers.My_App must be a name of at most 63'),
      expect.stringContaining('hooks.yaml:6:27 error containers.My_App.preStop[0].pause must be a duration'),
    ]);
  });

  it('have it told at the last of a key that is repeated, whose value counts', () => {
    const hook = (pause: string) => `    preStop:\n      - { name: a, pause: ${pause} }`;
    expect(problemsOf(`version: 1\ncontainers:\n  app:\n    postStart: []\n${hook('1s')}\n${hook('5')}`)).toEqual([
      expect.stringContaining('hooks.yaml:7:5 error the file must have each key of a mapping only once'),
      expect.stringContaining('hooks.yaml:8:27 error containers.app.preStop[0].pause must be a duration'),
    ]);
  });

  it('have names that are unique in the hook, groups included, and not beyond it', () => {
    const twice = '- { name: a, pause: 1s }\n- parallel:\n    - { name: a, pause: 1s }';
    expect(problemsOf(preStop(twice))).toEqual([
      'hooks.yaml:9:21 error containers.app.preStop[1].parallel[0].name must be unique within its hook: value is "a", rename it',
    ]);
    const apart =
      'version: 1\ncontainers: { a: { postStart: [{ name: x, pause: 1s }], preStop: [{ name: x, pause: 1s }] } }';
    expect(problemsOf(apart)).toEqual([]);
  });
});

describe('the grace', () => {
  const text = (grace: string) => `version: 1\n${grace}\ncontainers: { app: { postStart: [] } }`;
  const graceOf = (grace: string, env: Record<string, string>) => {
    const loaded = load(text(grace), env);
    return loaded.ok ? loaded.config.grace : loaded.problems.map(formatProblem);
  };

  it.each([
    ['', {}, { periodMs: 30_000, reserveMs: 5000, source: 'default' }],
    ['grace: { reserve: 0s }', {}, { periodMs: 30_000, reserveMs: 0, source: 'default' }],
    ['grace: { period: 45s }', {}, { periodMs: 45_000, reserveMs: 5000, source: 'config' }],
    [
      'grace: { period: 45s }',
      { HOOKKEEPER_GRACE_PERIOD: '1m30s' },
      { periodMs: 90_000, reserveMs: 5000, source: 'environment' },
    ],
    ['', { HOOKKEEPER_GRACE_PERIOD: '' }, { periodMs: 30_000, reserveMs: 5000, source: 'default' }],
    [
      'grace: { reserve: 0s }',
      { HOOKKEEPER_GRACE_PERIOD: '1' },
      { periodMs: 1000, reserveMs: 0, source: 'environment' },
    ],
    ['', { HOOKKEEPER_GRACE_PERIOD: '60' }, { periodMs: 60_000, reserveMs: 5000, source: 'environment' }],
    [
      'grace: { period: 45s, reserve: 1s }',
      { HOOKKEEPER_GRACE_RESERVE: '2s' },
      { periodMs: 45_000, reserveMs: 2000, source: 'config' },
    ],
  ])('of %j with %j is %j', (grace, env, expected) => {
    expect(graceOf(grace, env)).toEqual(expected);
  });

  it.each([
    [
      '',
      { HOOKKEEPER_GRACE_PERIOD: 'soon' },
      'environment error HOOKKEEPER_GRACE_PERIOD must be a duration with a unit such as 30s or 1m30s: value is "soon", write for instance "30s"',
    ],
    [
      '',
      { HOOKKEEPER_GRACE_PERIOD: '1m30' },
      'environment error HOOKKEEPER_GRACE_PERIOD must be a duration with a unit such as 30s or 1m30s: value is "1m30", write "1m30s"',
    ],
    [
      '',
      { HOOKKEEPER_GRACE_PERIOD: '0' },
      'environment error HOOKKEEPER_GRACE_PERIOD must be at least 1s: value is "0", write a longer duration',
    ],
    [
      '',
      { HOOKKEEPER_GRACE_RESERVE: '5' },
      'environment error HOOKKEEPER_GRACE_RESERVE must be a duration with a unit such as 30s or 1m30s: value is "5", write "5s"',
    ],
    [
      // What the file says is not held against a grace that is not meant.
      'grace: { period: 5s }',
      { HOOKKEEPER_GRACE_PERIOD: 'soon' },
      'environment error HOOKKEEPER_GRACE_PERIOD must be a duration with a unit such as 30s or 1m30s: value is "soon", write for instance "30s"',
    ],
    [
      'grace: { reserve: 30s }',
      {},
      'hooks.yaml:2:19 error grace.reserve must be less than the grace period of 30s: value is 30s, shorten the reserve, or raise terminationGracePeriodSeconds and the grace period',
    ],
    [
      'grace: { period: 5s }',
      {},
      'hooks.yaml:2:1 error grace.reserve must be less than the grace period of 5s: value is 5s, shorten the reserve, or raise terminationGracePeriodSeconds and the grace period',
    ],
    [
      '',
      { HOOKKEEPER_GRACE_RESERVE: '1m' },
      'environment error HOOKKEEPER_GRACE_RESERVE must be less than the grace period of 30s: value is 1m, shorten the reserve, or raise terminationGracePeriodSeconds and the grace period',
    ],
  ])('of %j with %j is refused', (grace, env, problem) => {
    expect(graceOf(grace, env)).toEqual([problem]);
  });

  it.each([
    [
      { HOOKKEEPER_GRACE_PERIOD: '4' },
      'hooks.yaml:3:1 error grace.reserve must be less than the grace period of 4s, which HOOKKEEPER_GRACE_PERIOD says: value is 5s, shorten the reserve, or raise terminationGracePeriodSeconds and HOOKKEEPER_GRACE_PERIOD',
    ],
    [
      { HOOKKEEPER_GRACE_PERIOD: '5500ms' },
      'hooks.yaml:3:1 warning grace.reserve should leave tasks at least 1s of the grace period of 5.5s, which HOOKKEEPER_GRACE_PERIOD says: value is 5s, shorten the reserve, or raise terminationGracePeriodSeconds and HOOKKEEPER_GRACE_PERIOD',
    ],
    [
      { HOOKKEEPER_GRACE_RESERVE: '29999ms' },
      'environment warning HOOKKEEPER_GRACE_RESERVE should leave tasks at least 1s of the grace period of 30s: value is 29.999s, shorten the reserve, or raise terminationGracePeriodSeconds and the grace period',
    ],
    [{ HOOKKEEPER_GRACE_RESERVE: '29s' }, undefined],
  ])('with %j leaves too little time for tasks, which is told with its cause: %s', (env, problem) => {
    expect(problemsOf(text('').replace('\n\n', '\n\ngrace: {}\n'), env)).toEqual(
      problem === undefined ? [] : [problem],
    );
  });

  it('is refused together with what is wrong in the file, be it not even YAML', () => {
    expect(problemsOf('a: [', { HOOKKEEPER_GRACE_PERIOD: 'soon' })).toEqual([
      expect.stringContaining('HOOKKEEPER_GRACE_PERIOD'),
      expect.stringContaining('must be valid YAML'),
    ]);
  });
});

describe('the time of a hook', () => {
  const grace = 'grace: { period: 45s, reserve: 10s }';

  it('is enough when the worst case fits exactly', () => {
    expect(problemsOf(preStop('- { name: a, pause: 34750ms }', grace))).toEqual([]);
    expect(problemsOf(preStop('- { name: a, pause: 34750ms, priority: critical }', grace))).toEqual([]);
  });

  it('is warned of when all tasks together do not fit, and refused when the critical ones alone do not', () => {
    const steps = (priority: string) =>
      `- { name: a, pause: 5s }\n- { name: b, work: { command: [x], stop: 2s }, timeout: 34s, priority: ${priority} }`;
    const remedy =
      'shorten timeouts, let tasks run in parallel, or raise terminationGracePeriodSeconds and the grace period';
    const limit = '34.75s (the grace period of 45s minus the reserve of 10s and 250ms for the answer)';
    expect(problemsOf(preStop(steps('normal'), grace))).toEqual([
      `hooks.yaml:6:5 warning containers.app.preStop should fit into ${limit}, or tasks may be cut short or shed: value is 41s in the worst case, ${remedy}`,
    ]);
    expect(problemsOf(preStop(steps('critical'), grace))).toEqual([
      `hooks.yaml:6:5 error containers.app.preStop must fit into ${limit} with its critical tasks alone: value is 36s in the worst case, ${remedy}`,
    ]);
  });

  it('is less than the working time by what a run keeps for its answer', () => {
    const tight = (pause: string) =>
      preStop(`- { name: a, pause: ${pause}, priority: critical }`, 'grace: { period: 3s, reserve: 1s }');
    expect(problemsOf(tight('2s'))).toEqual([
      expect.stringContaining(
        'error containers.app.preStop must fit into 1.8s (the grace period of 3s minus the reserve of 1s and 200ms for the answer)',
      ),
    ]);
    expect(problemsOf(tight('1800ms'))).toEqual([]);
  });

  it("is the hook's own timeout where that is shorter, and always for a postStart", () => {
    const hooks = (hook: string) => `version: 1\n${grace}\ncontainers:\n  app: { ${hook} }`;
    const task = '[{ name: a, pause: 40s }]';
    expect(problemsOf(hooks(`postStart: [], preStop: { tasks: ${task}, timeout: 10s }`))).toEqual([
      expect.stringContaining(
        "warning containers.app.preStop should fit into 9.75s (the hook's timeout of 10s minus 250ms for the answer)",
      ),
    ]);
    expect(problemsOf(hooks(`postStart: ${task}`))).toEqual([]);
    expect(problemsOf(hooks('postStart: [{ name: a, pause: 61s, priority: critical }]'))).toEqual([
      expect.stringContaining(
        "error containers.app.postStart must fit into 59.75s (the hook's timeout of 1m minus 250ms for the answer)",
      ),
    ]);
    expect(problemsOf(hooks('postStart: [], preStop: { tasks: [], timeout: 35s }'))).toEqual([]);
    expect(problemsOf(hooks('postStart: [], preStop: { tasks: [], timeout: 40s }'))).toEqual([
      'hooks.yaml:4:56 warning containers.app.preStop.timeout should be at most 35s (the grace period of 45s minus the reserve of 10s), which ends the run in any case: value is 40s, shorten it or remove it',
    ]);
  });

  it('is not kept for a critical task without a timeout behind others', () => {
    const critical = '- { name: b, work: { command: [x] }, priority: critical }';
    expect(problemsOf(preStop(critical))).toEqual([]);
    expect(problemsOf(preStop(`- { name: a, pause: 1s }\n${critical}`))).toEqual([
      'hooks.yaml:8:9 warning containers.app.preStop[1] should have a timeout, as earlier tasks leave a critical one no more time than it is known to need: add a timeout',
    ]);
  });

  it('of a preStop is one of many when there is no postStart, which is warned of', () => {
    expect(problemsOf('version: 1\ncontainers:\n  app: { preStop: [] }')).toEqual([
      `hooks.yaml:3:3 warning containers.app should have a postStart too, as without one a restart of the container can't be told from a repeated delivery: value is preStop alone, write "postStart: []" and point the container's postStart at it`,
    ]);
  });
});
