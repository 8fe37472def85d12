/** Whether a service mesh leaves the pod's hooks as they are. */
import type { PodView } from '../pod-view.ts';
import { lines, type Rule } from '../rule.ts';

const INJECT = 'sidecar.istio.io/inject';
const REWRITE = 'sidecar.istio.io/rewriteAppHTTPProbers';
/** What the annotations begin with that people write for Istio's proxy alone. */
const FOR_THE_PROXY = /^(?:traffic\.sidecar|proxy)\.istio\.io\//;

/** Whether the manifest shows that the pod has Istio's proxy. A namespace may ask for it, too, which is not seen here. */
function hasIstioProxy({ workload, containers }: PodView): boolean {
  const metadata = workload.pod.at('metadata');
  const asked = ['labels', 'annotations'].map((part) => metadata.at(part, INJECT).written);
  if (asked.includes('false')) return false;
  return (
    asked.includes('true') ||
    containers.some(({ name }) => name === 'istio-proxy') ||
    metadata
      .at('annotations')
      .entries()
      .some(([key]) => FOR_THE_PROXY.test(key))
  );
}

const istio: Rule = {
  code: 'istio-rewrite',
  severity: 'warning',
  rule: `A pod with Istio's proxy has the annotation \`${REWRITE}: "false"\`.`,
  reason:
    "Else Istio has the kubelet call the proxy's agent in place of probes and, from 1.25 on, of hooks. The agent answers 500 for what fails, which is success " +
    'to the kubelet: an app whose postStart failed goes on. And where the proxy is no native sidecar, the startupProbe of a native Hookkeeper calls a ' +
    "container that is started later: the pod never starts. With mTLS `STRICT` the app's own HTTP probes then need a port of `excludeInboundPorts`.",
  find: (view) => {
    const rewrite = view.workload.pod.at('metadata', 'annotations', REWRITE);
    if (view.sidecar === undefined || rewrite.written === 'false' || !hasIstioProxy(view)) return [];
    const message = "Istio's agent takes the place of the probes and hooks of this pod";
    const fix = lines('# the pod', 'metadata:', '  annotations:', `    ${REWRITE}: "false"`);
    return [{ place: rewrite.place(), message, fix }];
  },
};

export const meshRules: readonly Rule[] = [istio];
