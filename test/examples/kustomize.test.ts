import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkManifests } from '../../src/manifests/check-manifests.ts';
import { taskTable } from '../../src/tasks/table.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';
import { EXAMPLES, objectsOf } from './documents.ts';
import { typeErrors } from './kubernetes-types.ts';

const kustomize = (folder: string) =>
  execFileSync('kubectl', ['kustomize', folder], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

/** A kustomize with components; Debian's own is older, and a machine may have none. */
const version = spawnSync('kubectl', ['version', '--client', '--output', 'json'], { encoding: 'utf8' }).stdout ?? '';
const hasKustomize = /"kustomizeVersion": "v5/.test(version);

describe.skipIf(!hasKustomize)('kustomize', () => {
  it.each(['quickstart', 'regular-sidecar', 'secure', 'stateful', 'kustomize/example', 'observability'])(
    "makes objects of %s that agree with Kubernetes' own types",
    async (folder) => {
      expect(await typeErrors(objectsOf(kustomize(join(EXAMPLES, folder)), folder))).toEqual([]);
    },
  );

  it.each(['quickstart', 'regular-sidecar', 'secure', 'stateful', 'kustomize/example'])(
    'makes pods of %s in which check --manifest finds no error, with the config of the ConfigMap',
    (folder) => {
      const manifests = [{ file: folder, text: kustomize(join(EXAMPLES, folder)) }];
      const { findings, checked } = checkManifests({ manifests, config: undefined, table: taskTable });
      expect(checked).toHaveLength(1);
      expect(findings.filter(({ severity, code }) => severity === 'error' || code === 'config-unknown')).toEqual([]);
    },
  );

  it('adds the sidecar in front of the init containers, and the hooks, by one line', () => {
    const made = objectsOf(kustomize(join(EXAMPLES, 'kustomize', 'example')), 'made');
    expect(made.find(({ kind }) => kind === 'Deployment')?.value).toMatchObject({
      spec: {
        template: {
          spec: {
            initContainers: [{ name: 'hookkeeper', restartPolicy: 'Always' }, { name: 'migrate' }],
            containers: [
              {
                lifecycle: {
                  postStart: { httpGet: { path: '/poststart', port: 9740 } },
                  preStop: { httpGet: { path: '/prestop', port: 9740 } },
                },
              },
            ],
          },
        },
      },
    });
  });

  it('stops at a container that has hooks of its own, instead of overwriting them', async () => {
    const folder = await temporaryFolder();
    cpSync(EXAMPLES, folder, { recursive: true });
    const example = join(folder, 'kustomize', 'example');
    const file = join(example, 'deployment.yaml');
    const own = '        - name: web\n          lifecycle: { preStop: { sleep: { seconds: 5 } } }\n';
    await writeFile(file, (await readFile(file, 'utf8')).replace('        - name: web\n', own));
    expect(() => kustomize(example)).toThrow(/testing value .*lifecycle.* failed/);
  });
});
