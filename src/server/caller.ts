import type { Caller } from '../hooks/delivery.ts';

/**
 * Who is calling, by the User-Agent: `kube-lifecycle/1.36`, or `Go-http-client/1.1` from kubelets up to 1.24. Anybody can
 * send it (kubelet contract, sections 1 and 8): it decides how a failure is told and whether a grace begins anew, never what is
 * allowed.
 */
export function callerOf(userAgent: string | undefined): Caller {
  return /^(?:kube-lifecycle|Go-http-client)\//.test(userAgent ?? '') ? 'kubelet' : 'other';
}
