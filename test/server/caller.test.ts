import { expect, it } from 'vitest';
import { callerOf } from '../../src/server/caller.ts';

it.each([
  ['kube-lifecycle/1.36', 'kubelet'],
  ['kube-lifecycle/', 'kubelet'],
  ['Go-http-client/1.1', 'kubelet'],
  ['Go-http-client/2.0', 'kubelet'],
  ['kube-probe/1.36', 'other'],
  ['curl/8.5.0', 'other'],
  ['Mozilla/5.0 kube-lifecycle/1.36', 'other'],
  ['kube-lifecycle', 'other'],
  ['', 'other'],
  [undefined, 'other'],
])('a caller with the User-Agent %s is taken for: %s', (agent, caller) => {
  expect(callerOf(agent)).toBe(caller);
});
