/** How what keeps snapshots is reached: it may be outside of the cluster. */
import { REACH } from '../../proc/reach-host.ts';

/**
 * For an agent of `node:http`: through the proxy that `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` name, as other clients of object
 * storage do it (https://nodejs.org/docs/latest-v24.x/api/http.html#built-in-proxy-support; before Node.js 24.5 without it).
 * Requests of other tasks are for the pod and the cluster, and go straight to their host.
 */
export const OUTWARD = { ...REACH, proxyEnv: process.env };
