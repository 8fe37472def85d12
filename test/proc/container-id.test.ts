import { describe, expect, it } from 'vitest';
import { containerIdIn, isInOurContainer, namesOtherPod } from '../../src/proc/container-id.ts';

const ID = '3f2a'.repeat(16);
const OTHER = '90be'.repeat(16);
const POD = '0b6f2c1e-7d0a-4a57-9a0e-3d1f0f6f2a11';
const SLICE = `kubepods-burstable-pod${POD.replaceAll('-', '_')}.slice`;

describe('the container ID in /proc/PID/cgroup', () => {
  it.each<[string, string]>([
    ['v2, containerd, systemd', `0::/kubepods.slice/kubepods-burstable.slice/${SLICE}/cri-containerd-${ID}.scope`],
    ['v2, CRI-O, systemd', `0::/kubepods.slice/kubepods-besteffort.slice/${SLICE}/crio-${ID}.scope`],
    ['v2, CRI-O, with a cgroup below', `0::/kubepods.slice/${SLICE}/crio-${ID}.scope/container`],
    ['v2, Docker, systemd', `0::/kubepods.slice/${SLICE}/docker-${ID}.scope`],
    ['v2, cgroupfs', `0::/kubepods/burstable/pod${POD}/${ID}`],
    ['v2, from another cgroup namespace', `0::/../cri-containerd-${ID}.scope`],
    ['v2, from another cgroup namespace, cgroupfs', `0::/../${ID}`],
    ['v2, with systemd in the container', `0::/../cri-containerd-${ID}.scope/system.slice/app.service`],
    ['v2, with Docker in the container', `0::/kubepods/burstable/pod${POD}/${ID}/docker/${OTHER}`],
    ['v1, cgroupfs', `12:pids:/kubepods/burstable/pod${POD}/${ID}\n1:name=systemd:/kubepods/burstable/pod${POD}/${ID}`],
    ['v1, containerd below systemd', `4:cpu,cpuacct:/system.slice/containerd.service/${SLICE}:cri-containerd:${ID}`],
    ['v1, where some hierarchies are the root', `9:devices:/\n8:memory:/kubepods/pod${POD}/${ID}\n0::/`],
    ['v1, from another cgroup namespace', `5:cpuset:/../${ID}\n0::/`],
  ])('%s', (_what, text) => {
    expect(containerIdIn(`${text}\n`)).toBe(ID);
  });

  it.each<[string, string]>([
    ['of our own in a cgroup namespace', '0::/\n'],
    ['of a process of the machine', '0::/system.slice/kubelet.service\n'],
    ['of a pod without a container', `0::/kubepods/burstable/pod${POD}\n`],
    ['of digits that are too many', `0::/${ID}0\n`],
    ['of a process that is gone', ''],
  ])('is not told %s', (_what, text) => {
    expect(containerIdIn(text)).toBeUndefined();
  });
});

describe('a process that somebody started in our container', () => {
  const [OURS, PAUSE] = ['c'.repeat(64), '0'.repeat(64)];

  it.each<[string, Readonly<Record<string, string | undefined>>, boolean]>([
    ['is ours by its ID', { self: OURS, 1: PAUSE, 7: OURS }, true],
    [
      'is ours in a cgroup namespace, where no ID of our own is told',
      { self: undefined, 1: PAUSE, 7: undefined },
      true,
    ],
    ['is not ours with another ID', { self: OURS, 1: PAUSE, 7: OTHER }, false],
    ['is not ours with an ID, in a cgroup namespace', { self: undefined, 1: PAUSE, 7: OTHER }, false],
    ['is not ours where nothing tells containers apart', { self: undefined, 1: undefined, 7: undefined }, false],
    ['is not ours where all are told to be in one', { self: OURS, 1: OURS, 7: OURS }, false],
  ])('%s', (_what, ids, ours) => {
    expect(isInOurContainer(7, (pid) => ids[pid])).toBe(ours);
  });
});

describe('a process of another pod, as hostPID shows it', () => {
  const SLICE_OF_OTHER = SLICE.replace('0b6f2c1e', 'ffffffff');
  const own = `0::/kubepods.slice/kubepods-burstable.slice/${SLICE}/cri-containerd-${'c'.repeat(64)}.scope\n`;
  const mixed = (slice: string, id: string) => `4:cpu:/system.slice/containerd.service/${slice}:cri-containerd:${id}\n`;

  it.each<[string, string, string, boolean]>([
    ['the same slice', `0::/kubepods.slice/kubepods-burstable.slice/${SLICE}/cri-containerd-${ID}.scope`, own, false],
    ['another', `0::/kubepods.slice/kubepods-burstable.slice/${SLICE_OF_OTHER}/cri-containerd-${ID}.scope`, own, true],
    ['the same pod, cgroupfs', `3:pids:/kubepods/pod${POD}/${ID}`, `3:pids:/kubepods/pod${POD}/${OTHER}\n`, false],
    ['another, cgroupfs', `3:pids:/kubepods/podX/${ID}`, `3:pids:/kubepods/pod${POD}/${OTHER}\n`, true],
    ['the same slice, both mixed', mixed(SLICE, ID), mixed(SLICE, OTHER), false],
    ['another, both mixed', mixed(SLICE_OF_OTHER, ID), mixed(SLICE, OTHER), true],
    ['the level above our cgroup namespace', `0::/../cri-containerd-${ID}.scope`, '0::/\n', false],
    ['two levels above, as with CRI-O', `0::/../../crio-${ID}.scope/container`, '0::/\n', false],
    ['another slice above', `0::/../../${SLICE_OF_OTHER}/cri-containerd-${ID}.scope`, '0::/\n', true],
    ['another class of pods above', `0::/../../../kubepods-besteffort.slice/${SLICE_OF_OTHER}/${ID}`, '0::/\n', true],
    ['none, as a process of the node', '0::/system.slice/kubelet.service', own, false],
    [
      'a container, seen from a machine',
      `0::/system.slice/docker-${ID}.scope`,
      '0::/user.slice/session.scope\n',
      false,
    ],
  ])('is told by its place: %s', (_what, text, ours, other) => {
    expect(namesOtherPod(text, ours)).toBe(other);
  });
});
