import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { formatProblem } from '../../src/config/problem.ts';
import { taskTable } from '../../src/tasks/table.ts';
import { EXAMPLES, exampleObjects, objectsOf } from './documents.ts';
import { typeErrors } from './kubernetes-types.ts';

const objects = exampleObjects();
const folders = readdirSync(EXAMPLES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== 'recipes')
  .map(({ name }) => name);
const read = (...path: string[]) => readFileSync(join(EXAMPLES, ...path), 'utf8');

/** What depends on the machine: whether the volumes and secrets of a pod are there. */
const ELSEWHERE =
  /shareProcessNamespace|must be there|can't be used|must lie in a folder that is there|should have a postStart/;

describe('the manifests', () => {
  it('are there: the checks below are not empty', () => {
    expect(folders).toEqual(
      expect.arrayContaining(['inject', 'kustomize', 'quickstart', 'regular-sidecar', 'secure', 'stateful']),
    );
    expect(objects.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['Deployment', 'MutatingAdmissionPolicy', 'NetworkPolicy', 'StatefulSet']),
    );
  });

  it("agree with Kubernetes' own types, field for field", async () => {
    expect(await typeErrors(objects)).toEqual([]);
  });

  it('would be found out with a mistake in them', async () => {
    const text = read('quickstart', 'deployment.yaml').replace(
      'terminationGracePeriodSeconds',
      'terminationGraceSeconds',
    );
    expect((await typeErrors(objectsOf(text, 'wrong.yaml'))).join('\n')).toMatch(
      /^wrong\.yaml.*terminationGraceSeconds/,
    );
  });

  it.each(folders)('%s says what it is for, how to apply it and what to see', (folder) => {
    const text = read(folder, 'README.md');
    expect(text).toMatch(/^# .+\n\n.{40}/);
    expect(text).toContain(`k8s-examples/${folder}`);
    expect(text).toContain('kubectl apply');
  });

  it.each(['quickstart', 'regular-sidecar', 'secure', 'stateful', 'kustomize/example'])(
    '%s has a good config, with the same grace period as the pod',
    (folder) => {
      // The token is a Secret's, mounted in the pod alone.
      const text = read(folder, 'hooks.yaml').replace(/tokenFile: .+/, `tokenFile: ${import.meta.filename}`);
      const loaded = loadConfig({ text, file: 'hooks.yaml', table: taskTable, env: {} });
      const problems = (loaded.ok ? loaded.warnings : loaded.problems).map(formatProblem);
      expect(problems.filter((problem) => !ELSEWHERE.test(problem))).toEqual([]);
      if (!loaded.ok) return;
      const pod = objects
        .filter(({ where }) => where.startsWith(`${folder}/`))
        .map(({ value }) => JSON.stringify(value));
      const seconds = /"terminationGracePeriodSeconds":(\d+)/.exec(pod.join())?.[1];
      expect(loaded.config.grace.periodMs).toBe(Number(seconds) * 1000);
      const told = /"HOOKKEEPER_GRACE_PERIOD","value":"(\d+)"/.exec(pod.join())?.[1];
      expect(told ?? seconds).toBe(seconds);
    },
  );
});
