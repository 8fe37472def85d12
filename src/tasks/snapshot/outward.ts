/** How what keeps snapshots is reached: it may be outside of the cluster. */
import * as http from 'node:http';
import * as https from 'node:https';
import { REACH } from '../../proc/reach-host.ts';
import { SnapshotProblem } from './problem.ts';

/**
 * For an agent of `node:http`: through the proxy that `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` name, as other clients of object
 * storage do it (https://nodejs.org/docs/latest-v24.x/api/http.html#built-in-proxy-support; before Node.js 24.5 without it).
 * Requests of other tasks are for the pod and the cluster, and go straight to their host.
 */
export const OUTWARD = { ...REACH, proxyEnv: process.env };

/** Throws `SnapshotProblem` where what should name a proxy does not: an agent would throw, in a client where nobody catches it. */
export function mustHaveProxy(): void {
  try {
    for (const { Agent } of [http, https]) new Agent(OUTWARD).destroy();
  } catch {
    throw new SnapshotProblem('HTTPS_PROXY or HTTP_PROXY of the environment is not the URL of a proxy', false);
  }
}
