/** Whether Hookkeeper knows the name of its pod, by which it finds it at the API server. */
import { variableOf } from '../container.ts';
import type { Part } from '../part.ts';
import { type Broken, lines, type Rule } from '../rule.ts';

/** What makes the host name of a container another one than the pod's name. */
const RENAMES = ['hostNetwork', 'hostname', 'setHostnameAsFQDN'] as const;

/** The field of a pod's `spec` by which its containers' host name is not its name; undefined: it is. */
export function renamedBy(spec: Part): string | undefined {
  return RENAMES.find((name) => {
    const { value } = spec.at(name);
    return value === true || (typeof value === 'string' && value !== '');
  });
}

const FROM_POD = lines(
  '- name: HOOKKEEPER_POD_NAME',
  '  valueFrom:',
  '    fieldRef:',
  '      fieldPath: metadata.name',
);

const podName: Rule = {
  code: 'pod-name',
  severity: 'warning',
  rule: 'In a pod whose host name is not its name, Hookkeeper is told the name, `HOOKKEEPER_POD_NAME`, by the Downward API.',
  reason:
    "Else it takes its host name for the pod's name, which with `hostNetwork`, `hostname` or `setHostnameAsFQDN` it is not: it would ask the API server for a pod " +
    'that is not there, and neither learn the grace and the reason of a stop nor send Events. Nothing is said where the pod has no token.',
  find: ({ sidecar, spec }): Broken[] => {
    const why = renamedBy(spec);
    const hasToken = spec.at('automountServiceAccountToken').value !== false;
    if (sidecar === undefined || why === undefined || !hasToken) return [];
    if (variableOf(sidecar.part, 'HOOKKEEPER_POD_NAME').state !== 'absent') return [];
    const message = `${sidecar.name} is not told the pod's name, and by ${why} its host name is another one`;
    return [{ place: sidecar.part.place(), message, fix: FROM_POD }];
  },
};

const podNameLiteral: Rule = {
  code: 'pod-name-literal',
  severity: 'error',
  rule: "`HOOKKEEPER_POD_NAME` is the pod's own name, which only the Downward API knows of a pod that a workload makes.",
  reason:
    'A pod that the API server does not know, or that is another one, is taken for deleted by force: each preStop would have 1 s, and shed nearly all of its tasks.',
  find: ({ sidecar, workload }): Broken[] => {
    if (sidecar === undefined) return [];
    const variable = variableOf(sidecar.part, 'HOOKKEEPER_POD_NAME');
    if (variable.state !== 'literal' || variable.text === '') return [];
    const own = workload.kind === 'Pod' ? workload.pod.at('metadata', 'name').text : undefined;
    if (variable.text === own) return [];
    const message = `${sidecar.name} is told that its pod is ${variable.text}, which is not its name`;
    return [{ place: variable.part.place(), message, fix: FROM_POD }];
  },
};

export const podNameRules: readonly Rule[] = [podName, podNameLiteral];
