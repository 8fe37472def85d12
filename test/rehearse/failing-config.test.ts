import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { withFailingStart } from '../../src/rehearse/failing-config.ts';
import { taskTable } from '../../src/tasks/table.ts';

const tasksWith = (postStart: string) => {
  const preStop = '&saves [{ name: save, sleep: 1s }]';
  const text = `version: 1\ncontainers:\n  other: { preStop: ${preStop} }\n  app:\n    postStart: ${postStart}\n    preStop: []\n`;
  const changed = withFailingStart(text, 'app', '/tmp/mended');
  const loaded = loadConfig({ text: changed, file: 'hooks.yaml', table: taskTable, env: {}, elsewhere: true });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const names = (container: string, hook: 'postStart' | 'preStop') =>
    loaded.config.containers.get(container)?.[hook]?.steps.map((step) => (step.kind === 'task' ? step.task.name : ''));
  expect(names('other', 'preStop')).toEqual(['save']);
  return names('app', 'postStart');
};

describe('a config whose postStart is made to fail', () => {
  it.each([
    ['[]', ['fails-in-rehearsal']],
    ['[{ name: warm, sleep: 1s }]', ['warm', 'fails-in-rehearsal']],
    ['*saves', ['save', 'fails-in-rehearsal']],
    ['{ tasks: *saves }', ['save', 'fails-in-rehearsal']],
    ['{ timeout: 9s, tasks: [{ name: warm, sleep: 1s }] }', ['warm', 'fails-in-rehearsal']],
  ])('%s has one more task at its end', (postStart, expected) => {
    expect(tasksWith(postStart)).toEqual(expected);
  });
});
