import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { InjectInput } from '../../src/inject/inject.ts';
import { taskTable } from '../../src/tasks/table.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

export const FIXTURES = join(import.meta.dirname, '..', 'fixtures', 'inject');

export const IMAGE = 'registry.example/hookkeeper:0.1.0';

/** A manifest of `test/fixtures/inject` in the style of one kind of author, and what is injected into it. */
export interface Fixture {
  readonly file: string;
  readonly style: string;
  readonly config: 'hooks.yaml' | 'only-stop.yaml' | 'snapshots.yaml';
  readonly regular?: true;
}

export const MANIFESTS: readonly Fixture[] = [
  { file: 'handwritten.yaml', style: 'written by hand, with comments everywhere', config: 'hooks.yaml' },
  { file: 'helm.yaml', style: 'output of Helm, several workloads', config: 'hooks.yaml' },
  { file: 'kustomize.yaml', style: 'output of kustomize', config: 'hooks.yaml' },
  { file: 'kubectl-get.yaml', style: 'output of kubectl get, with managedFields and status', config: 'hooks.yaml' },
  {
    file: 'kubectl-get.json',
    style: 'output of kubectl get in JSON, on the network of the node',
    config: 'hooks.yaml',
  },
  { file: 'compact.json', style: 'one object of JSON in one line', config: 'only-stop.yaml' },
  { file: 'cronjob-flow.yaml', style: 'a CronJob with braces', config: 'only-stop.yaml' },
  { file: 'windows.yaml', style: 'of Windows, with tabs and no end of the last line', config: 'only-stop.yaml' },
  { file: 'anchors.yaml', style: 'a list with anchors, aliases and merges', config: 'hooks.yaml' },
  { file: 'statefulset.yaml', style: 'a StatefulSet with a postStart of its own', config: 'snapshots.yaml' },
  {
    file: 'regular.yaml',
    style: 'four columns a level, for a regular sidecar',
    config: 'only-stop.yaml',
    regular: true,
  },
];

export function readFixture(file: string): string {
  return readFileSync(join(FIXTURES, file), 'utf8');
}

/** What `inject` is called with for a text. */
export function inputFor(text: string, config: string, more: Partial<InjectInput<never>> = {}) {
  return {
    files: [{ file: 'web.yaml', text }],
    config: { file: 'hooks.yaml', text: config },
    container: undefined,
    role: 'native',
    image: IMAGE,
    defaultImage: 'hookkeeper:unbuilt',
    ...more,
    table: taskTable,
  } as const;
}

/** The unified diff of two texts, as `diff` has it, with three lines around each change. */
export async function diffOf(before: string, after: string): Promise<string> {
  const folder = await temporaryFolder();
  writeFileSync(join(folder, 'before'), before);
  writeFileSync(join(folder, 'after'), after);
  const args = ['-u', '--label=before', '--label=after', 'before', 'after'];
  const { stdout, status } = spawnSync('diff', args, { cwd: folder, encoding: 'utf8' });
  if (status === 2) throw new Error('diff failed');
  return stdout;
}
