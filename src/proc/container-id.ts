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
  return containerIdIn(cgroupOf(pid));
}

/** Empty when the process is gone. */
function cgroupOf(pid: number | 'self'): string {
  try {
    return readFileSync(`/proc/${pid}/cgroup`, 'utf8');
  } catch {
    return '';
  }
}

/** What leads to a container, with its pod in it: `/kubepods/burstable/podUID/`. Undefined where no ID is told. */
function placeIn(text: string): string | undefined {
  const line = text.split('\n').find((each) => ID.test(each)) ?? '';
  const end = ID.exec(line)?.index;
  return end === undefined ? undefined : line.slice(line.indexOf('/'), end);
}

/** In a cgroup namespace our own place is not told; the pod's other containers are some levels up, with nothing between. */
const ELSEWHERE = /^(?:\/\.\.)+\/(?!\.\.\/)[^/]+\//;

/** Whether the text of a `/proc/PID/cgroup` names a container of another pod, by that of our own. */
export function namesOtherPod(text: string, own: string): boolean {
  const [place, ours] = [placeIn(text), placeIn(own)];
  if (place === undefined) return false;
  return ours === undefined ? ELSEWHERE.test(place) : place !== ours;
}

/** Tells the processes that are in containers of other pods, which a pod with `hostPID` sees. */
export function ofOtherPods(): (pid: number) => boolean {
  const own = cgroupOf('self');
  return (pid) => namesOtherPod(cgroupOf(pid), own);
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
