import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { taskTable } from '../../src/tasks/table.ts';

/** What is said of the keys that are not known where they stand, each with its path below the first task or the hook. */
function remediesOf(preStop: unknown): string[] {
  const text = JSON.stringify({ version: 1, containers: { app: { postStart: [], preStop } } });
  const loaded = loadConfig({ text, file: 'hooks.yaml', table: taskTable, env: {}, elsewhere: true });
  return (loaded.ok ? [] : loaded.problems)
    .filter(({ rule }) => rule === 'is not a known key')
    .map(({ path, remedy }) => `${path.replace(/^containers\.app\.preStop(\[0\])?\.?/, '')}: ${remedy}`);
}

const ofTask = (task: object) => remediesOf([{ name: 'a', ...task }]);

const url = 'http://127.0.0.1/x';
const tcp = '127.0.0.1:80';

describe('a key on the wrong level', () => {
  it.each([
    [{ waitFor: { tcp, timeout: '5s' } }, 'waitFor.timeout: it belongs beside "waitFor", one level up'],
    [{ exec: { shell: 'true', retry: {} } }, 'exec.retry: it belongs beside "exec", one level up'],
    [{ exec: { shell: 'true', timeout: '5s' }, timeout: '9s' }, 'exec.timeout: it belongs beside "exec", one level up'],
    [{ waitFor: { http: { url, timeout: '5s' } } }, 'waitFor.http.timeout: it belongs beside "waitFor", 2 levels up'],
    [
      { sleep: '1s', undo: { sleep: '1s', priority: 'critical' } },
      'undo.priority: it belongs beside "undo", one level up',
    ],
  ])('is told to belong above, where it is known there: %j', (task, remedy) => {
    expect(ofTask(task)).toEqual([remedy]);
  });

  it.each([
    [{ http: { url }, expect: [200] }, 'expect: it belongs below "http"'],
    [{ waitFor: { process: { name: 'nginx' }, is: 'gone' } }, 'waitFor.is: it belongs below "process"'],
    [{ sleep: '5s', jitter: '1s' }, 'jitter: it belongs below "sleep", whose keys are duration, jitter'],
    [{ sleep: '5s', retry: { attempts: 2 }, maxDelay: '1s' }, 'maxDelay: it belongs below "retry"'],
    [
      { exec: null, command: ['true'] },
      'command: it belongs below "exec", whose keys are command, shell, env, inheritEnv, workingDir, killAfter, successExitCodes',
    ],
    [
      { snapshot: { source: '/a', destination: { bucket: 'bucket' }, region: 'a' } },
      'snapshot.region: it belongs below "destination"',
    ],
  ])('is told to belong below its neighbour, where it is known there: %j', (task, remedy) => {
    expect(ofTask(task)).toEqual([remedy]);
  });

  it('is told to belong where it is not yet, where both know it', () => {
    const process = { process: { commandLine: 'nginx' }, name: 'nginx' };
    expect(ofTask({ waitFor: process })).toEqual(['waitFor.name: it belongs below "process"']);
    expect(remediesOf([{ waitFor: process }])).toEqual(['waitFor.name: it belongs beside "waitFor", one level up']);
  });

  it('is not looked for around the list in which it stands', () => {
    expect(ofTask({ signal: { send: 'TERM', to: { name: 'a' }, ports: [80] } })).toEqual([
      expect.stringContaining('signal.ports: the keys here are send'),
    ]);
    expect(ofTask({ sleep: '1s', constructor: 1 })).toEqual([
      expect.stringContaining('constructor: the keys here are'),
    ]);
    expect(remediesOf({ tasks: [], grace: '5s' })).toEqual(['grace: it belongs beside "containers", 3 levels up']);
  });

  it('is told what it resembles where nothing near it knows it', () => {
    expect(ofTask({ drain: { ports: [80], quietfor: '2s' } })).toEqual(['drain.quietfor: did you mean "quietFor"?']);
  });
});
