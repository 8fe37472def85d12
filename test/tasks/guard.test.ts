import { describe, expect, it } from 'vitest';
import { tasksOf } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load.ts';
import { taskTable } from '../../src/tasks/table.ts';

const load = (when: string, hook = 'preStop') => {
  const text = `version: 1
containers:
  app:
    ${hook === 'preStop' ? 'postStart' : 'preStop'}: []
    ${hook}:
      - name: save
        sleep: 1s
        when: ${when}
`;
  return loadConfig({ text, file: 'hooks.yaml', table: taskTable, env: {} });
};
const guard = (when: string) => {
  const loaded = load(when);
  const preStop = loaded.ok ? loaded.config.containers.get('app')?.preStop : undefined;
  const [task] = preStop === undefined ? [] : tasksOf(preStop);
  return [task?.whenReason, task?.when?.summary];
};
const problems = (when: string, hook?: string) => {
  const loaded = load(when, hook);
  return loaded.ok ? [] : loaded.problems.map(({ path, rule, value }) => [path, rule, value]);
};
const at = 'containers.app.preStop[0].when';

describe('when', () => {
  it('takes a reason, a condition, or both', () => {
    expect(guard('{ reason: termination }')).toEqual(['termination', undefined]);
    expect(guard('{ tcp: 127.0.0.1:8080 }')).toEqual([undefined, 'tcp 127.0.0.1:8080 is open']);
    expect(guard('{ reason: restart, tcp: 127.0.0.1:8080 }')).toEqual(['restart', 'tcp 127.0.0.1:8080 is open']);
  });

  it('refuses what asks for nothing, for two conditions, or for no reason there is', () => {
    const rule = 'must have exactly one of tcp, http, metric, file, process, or reason, or reason beside it';
    expect(problems('{}')).toEqual([[at, rule, 'none']]);
    expect(problems('{ tcp: 127.0.0.1:8080, file: /there }')).toEqual([[at, rule, 'tcp and file']]);
    expect(problems('{ reason: unknown }')).toEqual([
      [`${at}.reason`, 'must be one of termination, restart', '"unknown"'],
    ]);
  });

  it('refuses a reason in a postStart, which stops nothing', () => {
    expect(problems('{ reason: restart }', 'postStart')).toEqual([
      ['containers.app.postStart[0].when.reason', 'must stand at a task of a preStop', 'restart'],
    ]);
  });
});
