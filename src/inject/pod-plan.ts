/** What a pod gets, and what stands in the way. */
import { isDeepStrictEqual } from 'node:util';
import type { HookName } from '../config/config.ts';
import type { Container } from '../manifests/container.ts';
import type { ManifestFinding } from '../manifests/finding.ts';
import { named, type Part, type Place } from '../manifests/part.ts';
import { viewOf } from '../manifests/pod-view.ts';
import { renamedBy } from '../manifests/rules/pod-name.ts';
import type { Workload } from '../manifests/workload.ts';
import { lentMounts } from './lent-mounts.ts';
import { mapOf } from './nodes.ts';
import type { PlainMap } from './plain.ts';
import { configMapName } from './record.ts';
import { hookHandler, listOf, type SidecarRole, sidecarContainer, sidecarVolumes } from './sidecar-container.ts';
import { injectedSidecar } from './take-out-files.ts';

export interface PlanInput {
  readonly workload: Workload;
  /** The containers that get hooks. */
  readonly containers: readonly string[];
  /** The hooks that the config has for a container. */
  readonly hooksOf: (container: string) => readonly HookName[];
  /** The config as plain data. */
  readonly data: unknown;
  readonly image: string;
  readonly role: SidecarRole;
}

export interface HooksPlan {
  readonly container: Container;
  readonly handlers: Readonly<Record<string, PlainMap>>;
}

export interface PodPlan {
  readonly workload: Workload;
  readonly role: SidecarRole;
  readonly configMap: string;
  /** As it would be written anew. */
  readonly sidecar: PlainMap;
  /** The one that is there and was changed by hand: it stays. */
  readonly kept: Part | undefined;
  /** The hooks that are put in. */
  readonly hooks: readonly HooksPlan[];
  /** The hooks that call Hookkeeper already, as `preStop of app`. */
  readonly ownHooks: readonly string[];
  /** The volumes that are put in. */
  readonly volumes: readonly PlainMap[];
  readonly ownVolumes: readonly string[];
  readonly problems: readonly ManifestFinding[];
}

/** Kubernetes' own default, in seconds. */
const DEFAULT_GRACE_SECONDS = 30;

export function planPod(input: PlanInput): PodPlan {
  const { workload, role, image } = input;
  const view = viewOf(workload);
  const { spec, sidecars } = view;
  const problems: ManifestFinding[] = [];
  const problem = (place: Place, message: string, fix: string) =>
    void problems.push({
      code: 'inject',
      severity: 'error',
      place,
      message: `${workload.kind} ${workload.name}: ${message}`,
      fix,
    });
  const kept = injectedSidecar(workload)?.part;
  for (const { part, name } of sidecars) {
    if (part.path.join() === kept?.path.join()) continue;
    problem(
      part.place(),
      `${name} is Hookkeeper already, and was not put in by inject`,
      `take ${name} out, or go on without inject: \`hookkeeper check --manifest\` tells what it lacks`,
    );
  }
  if (kept !== undefined && String(kept.path.at(-2)) !== listOf(role))
    problem(
      kept.place(),
      'the sidecar was changed since it was put in, and is of the other kind',
      'run --uninject first',
    );
  const metadata = workload.object.at('metadata');
  if (!metadata.at('name').exists && !metadata.at('generateName').exists)
    problem(
      workload.object.at('kind').place(),
      'it has no name, and the ConfigMap needs one',
      'metadata:\n  name: app',
    );
  if (mapOf(spec) === undefined)
    problem(workload.pod.at('spec').place(), "the pod's spec stands elsewhere, behind an alias", 'write it out');

  const hooks: HooksPlan[] = [];
  const ownHooks = view.calls
    .filter(({ ours, handler }) => ours && handler === 'httpGet')
    .map(({ hook, container }) => `${hook} of ${container.name}`);
  for (const container of view.containers.filter(({ name }) => input.containers.includes(name))) {
    const handlers: Record<string, PlainMap> = {};
    for (const hook of input.hooksOf(container.name)) {
      const call = view.calls.find((each) => each.hook === hook && each.container === container);
      if (call === undefined) handlers[hook] = hookHandler(hook, container.name, spec.at('hostNetwork').value === true);
      else if (!ownHooks.includes(`${hook} of ${container.name}`))
        problem(call.part.keyPlace(), `${container.name} has a ${hook} of its own, and inject leaves it`, TAKEN);
    }
    if (Object.keys(handlers).length > 0) hooks.push({ container, handlers });
  }

  const configMap = configMapName(workload);
  const volumes: PlainMap[] = [];
  const ownVolumes: string[] = [];
  for (const volume of sidecarVolumes(configMap)) {
    const { name } = volume;
    const there = named(spec.at('volumes'), name);
    if (there === undefined) volumes.push(volume);
    else if (kept !== undefined || isDeepStrictEqual(there.value, volume)) ownVolumes.push(name);
    else
      problem(
        there.place(),
        `the pod has another volume ${name}, and Hookkeeper needs the name`,
        'give it another name',
      );
  }
  const lent = lentMounts(input, view.containers);
  for (const { mount, mountPath } of lent.clashes)
    problem(
      mount.place(),
      `tasks of its containers need several volumes at ${mountPath}, and Hookkeeper can have one there`,
      'mount one of them at another path, and name that in the config',
    );
  const graceSeconds = spec.at('terminationGracePeriodSeconds').number ?? DEFAULT_GRACE_SECONDS;
  const sidecar = sidecarContainer({
    image,
    role,
    graceSeconds,
    knowsPodName: renamedBy(spec) === undefined,
    // A Service that names its port takes the first container that has the name: as the first, Hookkeeper would get its requests.
    takenPortNames: role === 'native' ? [] : portNames(view.containers),
    mounts: lent.mounts,
  });
  return { workload, role, configMap, sidecar, kept, hooks, ownHooks, volumes, ownVolumes, problems };
}

const TAKEN =
  'a container has one hook of each kind: make it tasks of the config (a command as exec, a sleep as sleep, a request as http), and remove it';

function portNames(containers: readonly Container[]): string[] {
  return containers.flatMap(({ part }) =>
    part
      .at('ports')
      .items()
      .flatMap((port) => port.at('name').text ?? []),
  );
}
