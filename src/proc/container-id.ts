/**
 * The container that a process is in, from its `/proc/PID/cgroup`. Each runtime has the ID in the path, 64 hexadecimal digits:
 * `…/cri-containerd-ID.scope`, `…/crio-ID.scope`, `…/docker-ID.scope` with the systemd driver, `/kubepods/…/podUID/ID` with
 * cgroupfs, `…:cri-containerd:ID` where both are mixed; relative to our own as `/../…` in a cgroup namespace (cgroups(7),
 * cgroup_namespaces(7)). cgroup v1 has a line for each hierarchy, of which some may be the root.
 */
import { readFileSync } from 'node:fs';

/** Of several, the first is the pod's container: what it nests is its own business. */
const ID = /(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])/;

/** The ID in the text of a `/proc/PID/cgroup`; undefined where none is told. */
export function containerIdIn(text: string): string | undefined {
  return ID.exec(text)?.[0];
}

/** The ID of the container that a process is in; undefined where it is not told, as of one's own in a cgroup namespace. */
export function containerIdOf(pid: number | 'self'): string | undefined {
  try {
    return containerIdIn(readFileSync(`/proc/${pid}/cgroup`, 'utf8'));
  } catch {
    return undefined;
  }
}

/**
 * Whether a process is in our own container, where the pod shares its PID namespace: what somebody started there by `kubectl exec` came
 * from nobody that we see, and is no other container's all the same.
 */
export function isInOurContainer(pid: number, idOf: typeof containerIdOf = containerIdOf): boolean {
  const [own, first] = [idOf('self'), idOf(1)];
  // PID 1 is in the pause container. Where nothing tells that from ours, as on a machine without containers, nothing tells others.
  return first !== undefined && first !== own && idOf(pid) === own;
}
