/** Which containers of which pods get hooks. */
import type { ManifestFinding } from '../manifests/finding.ts';
import { appContainers, viewOf } from '../manifests/pod-view.ts';
import { WORKLOAD_KINDS, type Workload } from '../manifests/workload.ts';

export interface Choice {
  readonly pods: readonly { readonly workload: Workload; readonly containers: readonly string[] }[];
  /** The container of the config that stands for one of another name. */
  readonly rename: { readonly from: string; readonly to: string } | undefined;
}

export interface ChoiceInput {
  readonly workloads: readonly Workload[];
  /** The containers of the config. */
  readonly configured: readonly string[];
  /** The one that was asked for; undefined: nobody did. */
  readonly container: string | undefined;
  /** The first file, for what has no other place. */
  readonly file: string;
}

/**
 * The container that was asked for; else those that the config names, in all pods that have them; else the only one there is. A
 * config for one container may be for one of any name.
 */
export function chooseContainers(input: ChoiceInput): Choice | ManifestFinding {
  const { workloads, configured, container } = input;
  const pods = workloads.map((workload) => ({ workload, containers: namesOf(workload) }));
  const [only, ...others] = configured;
  if (pods.length === 0) return nothing(input, 'none of the files has a pod', `one of ${WORKLOAD_KINDS.join(', ')}`);
  const having = (wanted: readonly string[]) =>
    pods
      .map(({ workload, containers }) => ({ workload, containers: containers.filter((name) => wanted.includes(name)) }))
      .filter(({ containers }) => containers.length > 0);
  if (container !== undefined) {
    const found = having([container]);
    if (found.length === 0) return nothing(input, `no pod has a container ${container}`, listed(pods));
    if (configured.includes(container)) return { pods: found, rename: undefined };
    if (only === undefined || others.length > 0)
      return nothing(input, `the config has no container ${container}`, `it has ${configured.join(', ') || 'none'}`);
    return { pods: found, rename: { from: only, to: container } };
  }
  const found = having(configured);
  if (found.length > 0) return { pods: found, rename: undefined };
  const [pod, ...further] = pods;
  const [name, ...more] = pod?.containers ?? [];
  if (only !== undefined && others.length === 0 && name !== undefined && more.length + further.length === 0)
    return { pods, rename: { from: only, to: name } };
  return nothing(
    input,
    `no pod has a container of the config, which has ${configured.join(', ') || 'none'}`,
    `name one with --container: ${listed(pods)}`,
  );
}

function namesOf(workload: Workload): string[] {
  return appContainers({ ...viewOf(workload), hooks: undefined }).map(({ name }) => name);
}

function listed(pods: Choice['pods']): string {
  return pods
    .map(({ workload: { kind, name }, containers }) => `${kind} ${name} has ${containers.join(', ') || 'none'}`)
    .join('; ');
}

function nothing({ workloads, file }: ChoiceInput, message: string, fix: string): ManifestFinding {
  const place = workloads[0]?.object.at('metadata', 'name').place() ?? { file, line: 1, column: 1 };
  return { code: 'inject', severity: 'error', place, message, fix };
}
