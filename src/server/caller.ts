import type { Caller } from '../hooks/delivery.ts';

/**
 * Who is calling, by the User-Agent: `kube-lifecycle/1.36`, or `Go-http-client/1.1` from kubelets up to 1.24. It decides
 * only how a failure is told, never what is allowed: anybody can send it (kubelet contract, sections 1 and 8).
 */
export function callerOf(userAgent: string | undefined): Caller {
  return /^(?:kube-lifecycle|Go-http-client)\//.test(userAgent ?? '') ? 'kubelet' : 'other';
}
