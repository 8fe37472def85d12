import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { loadConfig } from '../../src/config/load.ts';
import { formatSentence } from '../../src/config/problem.ts';
import { taskTable } from '../../src/tasks/table.ts';

const get = { name: 'get', http: { url: 'http://127.0.0.1:9644/v1/node_config', capture: { nodeId: '$.node_id' } } };
const use = (settings: object = { url: 'http://127.0.0.1:9644/v1/brokers/$(nodeId)' }, name = 'use') => ({
  name,
  http: settings,
});

function problemsOf(preStop: unknown, postStart: unknown = []): string[] {
  const text = stringify({ version: 1, containers: { app: { postStart, preStop } } });
  const loaded = loadConfig({ text, file: 'hooks.yaml', table: taskTable, env: {} });
  return (loaded.ok ? loaded.warnings : loaded.problems).map(formatSentence);
}

const RULE = 'must use only values that an earlier task of the hook captures';

describe('captured values that a config uses', () => {
  it('are right where an earlier task captures them', () => {
    expect(problemsOf([get, use()])).toEqual([]);
    expect(problemsOf([get, { parallel: [use(undefined, 'a'), use(undefined, 'b')] }])).toEqual([]);
    expect(problemsOf([{ parallel: [get] }, use()])).toEqual([]);
    expect(problemsOf({ tasks: [get, use()] })).toEqual([]);
  });

  it.each([
    ['by nobody', [use()]],
    ['by a later task', [use(), get]],
    ['by the task itself', [use({ url: 'http://127.0.0.1/$(nodeId)', capture: { nodeId: '$' } })]],
  ])('are an error where they are captured %s', (_what, preStop) => {
    expect(problemsOf(preStop)).toEqual([
      `containers.app.preStop[0].http.url ${RULE}: value is $(nodeId), capture it there, http: {capture: {nodeId: $.…}}, or write $$(nodeId) if the text itself is meant`,
    ]);
  });

  it('are an error where a task of the same group captures them, which runs side by side', () => {
    expect(problemsOf([{ parallel: [get, use()] }])).toMatchObject([
      expect.stringContaining(`containers.app.preStop[0].parallel[1].http.url ${RULE}`),
    ]);
  });

  it('are an error where only the other hook captures them, which is another run', () => {
    expect(problemsOf([use()], [get])).toHaveLength(1);
  });

  it('are named with what was probably meant', () => {
    expect(problemsOf([get, use({ url: 'http://127.0.0.1/$(nodeID)' })])).toEqual([
      `containers.app.preStop[1].http.url ${RULE}: value is $(nodeID), did you mean $(nodeId)?`,
    ]);
  });

  it.each([
    ['http', { url: 'http://127.0.0.1', headers: { 'X-N': '$(a)' } }, 'http.headers.X-N'],
    ['http', { url: 'http://127.0.0.1', method: 'PUT', body: '$(a)' }, 'http.body'],
    ['http', { url: 'http://127.0.0.1/?x=$(a)' }, 'http.url'],
    ['exec', { command: ['echo', 'x', '$(a)'] }, 'exec.command[2]'],
    ['exec', { shell: 'true', env: { N: '$(a)' } }, 'exec.env.N'],
  ])('are told with their place: %s %j', (kind, settings, path) => {
    expect(problemsOf([{ name: 'use', [kind]: settings }])).toMatchObject([
      expect.stringContaining(`containers.app.preStop[0].${path} ${RULE}`),
    ]);
  });

  it('are told with their place in what guards a task, and in what it waits for', () => {
    const http = { url: 'http://127.0.0.1/$(a)' };
    expect(
      problemsOf([
        { name: 'guarded', sleep: '1s', when: { http } },
        { name: 'waiting', waitFor: { http, seenFirst: { http } } },
      ]).map((problem) => problem.split(' ')[0]),
    ).toEqual([
      'containers.app.preStop[0].when.http.url',
      'containers.app.preStop[1].waitFor.http.url',
      'containers.app.preStop[1].waitFor.seenFirst.http.url',
    ]);
  });

  it('may be used by an undo wherever they are captured, as it comes when all tasks have ended', () => {
    const undo = (name: string) => ({
      name: 'leave',
      sleep: '1s',
      undo: { http: { url: `http://127.0.0.1/$(${name})` } },
    });
    expect(problemsOf([undo('nodeId'), get])).toEqual([]);
    expect(problemsOf([undo('nodeID'), get])).toEqual([
      `containers.app.preStop[0].undo.http.url ${RULE}: value is $(nodeID), did you mean $(nodeId)?`,
    ]);
  });

  it('are not taken for those where code or an escaped text is meant', () => {
    expect(
      problemsOf([
        { name: 'a', exec: { shell: 'echo $(date)' } },
        { name: 'b', exec: { command: ['/bin/sh', '-c', 'echo $(date)'] } },
        { name: 'c', exec: { command: ['echo', '$$(date)'] } },
      ]),
    ).toEqual([]);
  });
});
