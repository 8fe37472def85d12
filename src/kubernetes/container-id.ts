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
