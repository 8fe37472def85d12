import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { formatProblem } from '../../src/config/problem.ts';
import { fakeTable } from './fake-kinds.ts';

function load(app: object) {
  const text = JSON.stringify({ version: 1, containers: { app: { postStart: [], ...app } } });
  return loadConfig({ text, file: 'hooks.yaml', table: fakeTable, env: {} });
}

describe('how the app of a container is known', () => {
  it('is by its ports and its process', () => {
    const loaded = load({ ports: [80, 443], process: { name: 'nginx', commandLine: '^nginx: master' } });
    expect(loaded.ok && loaded.config.containers.get('app')).toMatchObject({
      ports: [80, 443],
      process: { name: 'nginx', commandLine: /^nginx: master/ },
    });
  });

  it.each([{ name: 'nginx' }, { commandLine: '^nginx' }])('is by one of both alone: %j', (process) => {
    expect(load({ process })).toMatchObject({ ok: true, warnings: [] });
  });

  it('is by nothing where nothing is written', () => {
    const loaded = load({});
    expect(loaded.ok && loaded.config.containers.get('app')).toMatchObject({ ports: [], process: undefined });
  });

  it.each<[object, RegExp]>([
    [{ ports: [0] }, /ports\[0\] must be at least 1/],
    [{ ports: [65_536] }, /ports\[0\] must be at most 65535/],
    [{ ports: ['http'] }, /ports\[0\] must be/],
    [{ process: {} }, /process must have a name or a commandLine/],
    [
      { process: { commandLine: '(' } },
      /process\.commandLine must be a regular expression: value is "\(", correct it: unterminated group$/,
    ],
    [{ process: { pid: 1 } }, /process\.pid/],
  ])('is not by %j', (app, problem) => {
    const loaded = load(app);
    expect(loaded.ok ? [] : loaded.problems.map(formatProblem).join('\n')).toMatch(problem);
  });
});
