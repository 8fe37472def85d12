import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { formatSentence } from '../../src/config/problem.ts';
import { taskTable } from '../../src/tasks/table.ts';

function loadedFrom(containers: unknown) {
  const text = JSON.stringify({ version: 1, containers });
  return loadConfig({ text, file: 'hooks.yaml', table: taskTable, env: {}, elsewhere: true });
}

function problemsOf(containers: unknown): string[] {
  const loaded = loadedFrom(containers);
  return loaded.ok ? [] : loaded.problems.filter(({ severity }) => severity === 'error').map(formatSentence);
}

let tasks = 0;
function save(source: unknown, more: object = {}) {
  tasks += 1;
  return { name: `save-${tasks}`, timeout: '1s', snapshot: { source, destination: '/snapshots', ...more } };
}

const both = (...preStop: unknown[]) => ({ app: { postStart: [], preStop } });

const RULE = 'must have a name of its own in this destination, as other data is kept under it';

describe('snapshots of different data in one destination', () => {
  it('must have different names, as a restore takes the newest of a name', () => {
    expect(problemsOf(both(save('/data'), save('/etc/conf')))).toEqual([
      `containers.app.preStop[1].snapshot ${RULE}: value is "app" (that of containers.app.preStop[0].snapshot, too), write name: "{container}-conf" here and in its restore`,
    ]);
    expect(problemsOf(both(save('/data'), save('/conf', { name: '{container}-conf' })))).toEqual([]);
  });

  it('must have them across the hooks and containers of the file, placeholders filled in', () => {
    const named = { name: 'state' };
    expect(problemsOf({ app: { postStart: [save('/data')], preStop: [save('/conf')] } })).toHaveLength(1);
    const containers = (one: object, other: object) => ({
      app: { preStop: [save('/data', one)] },
      side: { preStop: [save('/conf', other)] },
    });
    expect(problemsOf(containers(named, named))).toHaveLength(1);
    expect(problemsOf(containers({}, { name: 'app' }))).toHaveLength(1);
    expect(problemsOf(containers({}, {}))).toEqual([]);
    expect(problemsOf(containers({ name: '{hostname}' }, { name: '{hostname}-2' }))).toEqual([]);
  });

  it.each([
    ['a folder, however its end is written', '/snapshots', '/snapshots/'],
    ['a bucket, however it is written', 's3://backups/team/app', { bucket: 'backups', prefix: 'team/app' }],
  ])('are in one where it is %s', (_what, one, other) => {
    expect(problemsOf(both(save('/a', { destination: one }), save('/b', { destination: other })))).toHaveLength(1);
  });

  it('are in none that is the same where a URL takes each', () => {
    const destination = { url: 'http://127.0.0.1/a.tar' };
    expect(problemsOf(both(save('/a', { destination }), save('/b', { destination })))).toEqual([]);
    expect(problemsOf(both(save('/a'), save('/b', { destination: '/other' })))).toEqual([]);
  });

  it('are told of tasks that are otherwise wrong, too, with a name that is free', () => {
    const sentences = problemsOf(both(save('/data'), save('/data/'), save('/x/data'), { ...save('/y/data'), bad: 1 }));
    expect(sentences).toEqual([
      expect.stringContaining('preStop[2].snapshot must have a name of its own'),
      expect.stringContaining('write name: "{container}-data-2" here'),
      expect.stringContaining('is not a known key'),
    ]);
    const taken = both(save('/data'), save('/x/data'), save('/y/data', { name: '{container}-data' }));
    expect(problemsOf(taken)).toEqual([expect.stringContaining('write name: "{container}-data-2" here')]);
    expect(problemsOf(both(save('/data'), save('/')))).toEqual([
      expect.stringContaining('write name: "{container}-2"'),
    ]);
  });
});

describe('snapshots of the same data', () => {
  it('may share a name: from both hooks, and for several containers', () => {
    const preStop = [save('/data'), save('/data', { format: 'tar.gz' })];
    expect(problemsOf({ app: { postStart: [save('/data')], preStop } })).toEqual([]);
    const named = { name: 'state' };
    expect(problemsOf({ app: { preStop: [save('/data', named)] }, b: { preStop: [save('/data', named)] } })).toEqual(
      [],
    );
  });

  it('are not those of which different parts are left out', () => {
    expect(problemsOf(both(save('/data', { exclude: ['a'] }), save('/data', { exclude: ['b'] })))).toHaveLength(1);
  });

  it('are those that are fetched alike', () => {
    const dump = (as: string, query = '') => save({ url: `http://127.0.0.1/dump?${query}`, as });
    expect(problemsOf(both(dump('a'), dump('a')))).toEqual([]);
    expect(problemsOf(both(dump('a', 'db=1'), dump('a', 'db=2')))).toHaveLength(1);
    expect(problemsOf(both(dump('a'), dump('b')))).toEqual([
      expect.stringContaining('write name: "{container}-b" here'),
    ]);
  });
});

describe('a restore', () => {
  const restore = (more: object = {}, from: unknown = '/snapshots') => ({
    name: 'bring-back',
    restore: { from, to: '/data', ...more },
  });
  const withSave = (postStart: unknown, more: object = {}, container = 'app') => ({
    [container]: { postStart: [postStart], preStop: [] },
    db: { preStop: [save('/data', more)] },
  });
  function warningsOf(containers: unknown): string[] {
    const loaded = loadedFrom(containers);
    const all = loaded.ok ? loaded.warnings : loaded.problems;
    return all.map(formatSentence).filter((sentence) => sentence.includes('look for a name'));
  }

  it('of a name that no snapshot of the file has there is warned of, with the names that there are', () => {
    expect(warningsOf(withSave(restore()))).toEqual([
      'containers.app.postStart[0].restore should look for a name that a task of this file keeps there: value is "app", write name: "db", unless another pod keeps it',
    ]);
    const others = {
      side: { preStop: [save('/conf', { name: 'conf' }), save('/x', { destination: '/y', name: 'x' })] },
    };
    expect(warningsOf({ ...withSave(restore()), ...others })).toEqual([
      expect.stringContaining('write name: "db" or "conf", unless'),
    ]);
  });

  it.each([
    ['of a name that one has', withSave(restore({ name: 'db' }))],
    ['whose placeholders come to that name', withSave(restore(), { name: 'app' })],
    ['of the same container', { app: { postStart: [restore()], preStop: [save('/data')] } }],
    ['from where the file keeps nothing', withSave(restore({}, '/elsewhere'))],
    ['from a bucket where the file keeps nothing', withSave(restore({}, 's3://backups/team'))],
    ['in a file that keeps nothing', { app: { postStart: [restore()], preStop: [] } }],
  ])('%s is not', (_what, containers) => {
    expect(warningsOf(containers)).toEqual([]);
  });
});
