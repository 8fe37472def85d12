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

  it('are warned of where a run without a preStop has the task that uses them, and not the one that captures them', () => {
    const alsoWithoutHook = true;
    expect(problemsOf([get, { ...use(), alsoWithoutHook }])).toEqual([
      'containers.app.preStop[1].http.url should use only values that a task with alsoWithoutHook captures, as no other is run without a preStop: value is $(nodeId), write alsoWithoutHook: true at the task that captures it, too',
    ]);
    expect(
      problemsOf([
        { ...get, alsoWithoutHook },
        { ...use(), alsoWithoutHook },
      ]),
    ).toEqual([]);
    expect(problemsOf([{ ...get, alsoWithoutHook }, use()])).toEqual([]);
    expect(problemsOf([{ ...use(), alsoWithoutHook }])).toEqual([expect.stringContaining(RULE)]);
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

  it('are told of the right tasks of a hook in which others are wrong, unless one of those may capture them', () => {
    const told = (...preStop: unknown[]) => problemsOf(preStop).map((sentence) => sentence.split(':')[0]);
    const slip = { name: 'slip', exec: { shell: 'true' }, tiemout: '1s' };
    const asked = `containers.app.preStop[1].http.url ${RULE}`;
    expect(told(slip, use())).toEqual(['containers.app.preStop[0].tiemout is not a known key', asked]);
    expect(told({ ...get, tiemout: '1s' }, use())).toEqual(['containers.app.preStop[0].tiemout is not a known key']);
    expect(told(get, use(), slip, { parallel: [use(undefined, 'b')] })).toHaveLength(1);
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

describe('what only looks like a captured value', () => {
  const braces = ['$', '{nodeId}'].join('');
  const inShell = 'should not have $(nodeId), which is a command of the shell here: write "$nodeId"';
  const notInCode = 'should not have $(nodeId), as nothing is put into code: write';
  const asItIs = `should not have ${braces}, which is taken as it is here: write $(nodeId)`;
  const inPath = 'as nothing is put into a path: do it with exec, where it is "$nodeId": exec: {shell: …}';
  const url = `http://127.0.0.1/${braces}`;
  const snapshot = { source: '/tmp', destination: '/tmp/hookkeeper-snapshots' };

  it.each([
    ['exec', { shell: 'echo "$(nodeId)" $( nodeId )' }, `exec.shell ${inShell}`],
    ['exec', { command: ['/bin/sh', '-ec', 'echo $(nodeId)'] }, `exec.command[2] ${inShell}`],
    [
      'exec',
      { command: ['/bin/sh', '-c', 'echo "$1"', 'sh', '$(nodeId)'] },
      'exec.command[4] should not have $(nodeId), as nothing is put into the arguments of a command with code: use "$nodeId" in the code',
    ],
    ['exec', { command: ['python3', '-c', 'print("$(nodeId)")'] }, `exec.command[2] ${notInCode} os.environ["nodeId"]`],
    ['exec', { command: ['perl', '-e', '$(nodeId)'] }, `exec.command[2] ${notInCode} $ENV{nodeId}`],
    ['exec', { command: ['ruby', '-e', '$(nodeId)'] }, `exec.command[2] ${notInCode} ENV["nodeId"]`],
    ['exec', { command: ['node', '-p', '$(nodeId)'] }, `exec.command[2] ${notInCode} process.env.nodeId`],
    ['exec', { command: ['/bin/echo', `${braces}`] }, `exec.command[1] ${asItIs}`],
    ['exec', { shell: 'true', env: { N: `${braces}` } }, `exec.env.N ${asItIs}`],
    ['http', { url }, `http.url ${asItIs}`],
    ['http', { url: `http://127.0.0.1/?a=${braces}` }, `http.url ${asItIs}`],
    ['http', { url: 'http://127.0.0.1', headers: { 'X-N': `${braces}` } }, `http.headers.X-N ${asItIs}`],
    ['http', { url: 'http://127.0.0.1', method: 'PUT', body: `{"a": "${braces}"}` }, `http.body ${asItIs}`],
    ['file', { write: '/tmp/x-$(nodeId)' }, `file.write should not have $(nodeId), ${inPath}`],
    ['file', { touch: '/tmp/x-$(nodeId)' }, `file.touch should not have $(nodeId), ${inPath}`],
    ['file', { remove: `/tmp/x-${braces}` }, `file.remove should not have ${braces}, ${inPath}`],
    ['file', { write: '/tmp/x', content: `${braces}` }, `file.content ${asItIs}`],
    ['waitFor', { http: { url } }, `waitFor.http.url ${asItIs}`],
    ['waitFor', { tcp: '127.0.0.1:80', seenFirst: { http: { url } } }, `waitFor.seenFirst.http.url ${asItIs}`],
    [
      'drain',
      { ports: [80], seenFirst: { metric: { url, name: 'a', below: 1 } } },
      `drain.seenFirst.metric.url ${asItIs}`,
    ],
    [
      'snapshot',
      { ...snapshot, before: [{ exec: { shell: 'a $(nodeId)' } }] },
      `snapshot.before[0].exec.shell ${inShell}`,
    ],
    ['snapshot', { ...snapshot, source: { url, as: 'dump' } }, `snapshot.source.url ${asItIs}`],
  ])('is told where an earlier task captures one: %s %j', (kind, settings, told) => {
    const found = problemsOf([get, { name: 'use', timeout: '1s', [kind]: settings }]);
    expect(found.filter((sentence) => sentence.includes('should not have'))).toEqual([
      `containers.app.preStop[1].${told}`,
    ]);
  });

  it('is told of a guard and of an undo, too', () => {
    const guarded = { name: 'a', sleep: '1s', when: { http: { url } }, undo: { exec: { shell: '$(nodeId)' } } };
    expect(problemsOf([get, guarded])).toEqual([
      `containers.app.preStop[1].when.http.url ${asItIs}`,
      `containers.app.preStop[1].undo.exec.shell ${inShell}`,
    ]);
  });

  it('is nothing to tell of where no task captures such a value, or where it works', () => {
    const right = [
      { shell: `echo $(date) "$nodeId" ${braces} $$(nodeId)` },
      { command: ['/bin/sh', '-c', `echo $(date) ${braces}`] },
      { command: ['/bin/env', 'timeout', '5', 'sh', '-c', `echo "${braces}"`] },
      { command: ['/bin/echo', '$HOME', '$(nodeId)', '$$(nodeId)'] },
    ].map((exec, index) => ({ name: `a-${index}`, exec }));
    const script = { name: 'script', file: { write: '/tmp/x', content: `#!/bin/sh\necho "${braces}"` } };
    expect(problemsOf([get, ...right, script]).filter((sentence) => sentence.includes('should not have'))).toEqual([]);
    expect(problemsOf([{ name: 'a', exec: { shell: 'echo $(nodeId)' } }])).toEqual([]);
  });
});
