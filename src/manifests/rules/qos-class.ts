/** Whether Hookkeeper leaves the pod its QoS class. */
import type { Container } from '../container.ts';
import { lines, type Rule } from '../rule.ts';

const RESOURCES = ['cpu', 'memory'];

/** Whether a container has of each resource what it may have at most. Kubernetes takes a limit for the request that is not written. */
function isGuaranteed({ part }: Container): boolean {
  return RESOURCES.every((resource) => {
    const limit = part.at('resources', 'limits', resource).written;
    const request = part.at('resources', 'requests', resource).written;
    return limit !== '' && (request === '' || request === limit);
  });
}

const qosClass: Rule = {
  code: 'qos-class',
  severity: 'warning',
  rule: 'A pod whose other containers all have limits of CPU and memory that are their requests has a Hookkeeper with such.',
  reason:
    'Else the pod is no longer of the QoS class Guaranteed but Burstable: it loses CPUs that it has for itself, and is killed earlier when ' +
    'the node runs out of memory.',
  find: ({ sidecar, spec, containers }) => {
    // With resources of the whole pod, these make its class.
    if (sidecar === undefined || spec.at('resources').exists || isGuaranteed(sidecar)) return [];
    const others = containers.filter(({ part }) => part.path.join() !== sidecar.part.path.join());
    if (others.length === 0 || !others.every(isGuaranteed)) return [];
    const message = `all containers but ${sidecar.name} have limits that are their requests, so that the pod is no longer Guaranteed`;
    const fix = lines(
      `# ${sidecar.name}`,
      'resources:',
      '  requests: { cpu: 100m, memory: 128Mi }',
      '  limits: { cpu: 100m, memory: 128Mi }',
    );
    return [{ place: sidecar.part.place(), message, fix }];
  },
};

export const qosClassRules: readonly Rule[] = [qosClass];
