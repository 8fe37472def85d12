/** Whether the pod runs where Hookkeeper can. */
import type { Part } from '../part.ts';
import type { Rule } from '../rule.ts';

/** The labels of nodes that name their system; the second is that of old clusters. */
const LABELS = ['kubernetes.io/os', 'beta.kubernetes.io/os'];

const windows: Rule = {
  code: 'pod-windows',
  severity: 'error',
  rule: 'The pod runs on Linux.',
  reason:
    'The image of Hookkeeper is for Linux: on a node with Windows it is never started, and as a native sidecar nothing else of the pod is, either.',
  find: ({ sidecar, spec }) =>
    sidecar === undefined
      ? []
      : [spec.at('os', 'name'), ...LABELS.map((label) => spec.at('nodeSelector', label)), ...requiredSystems(spec)]
          .filter(({ text }) => text === 'windows')
          .map((part) => ({
            place: part.place(),
            message: `the pod is for Windows, and ${sidecar.name} for Linux`,
            fix: `take ${sidecar.name} and the hooks that call it out of this pod`,
          })),
};

/** The one system that a node must have by the pod's affinity: any of its terms is enough, so there must be one alone. */
function requiredSystems(spec: Part): readonly Part[] {
  const required = spec.at('affinity', 'nodeAffinity', 'requiredDuringSchedulingIgnoredDuringExecution');
  const [term, ...others] = required.at('nodeSelectorTerms').items();
  if (term === undefined || others.length > 0) return [];
  return term
    .at('matchExpressions')
    .items()
    .filter((each) => LABELS.includes(each.at('key').written) && each.at('operator').text === 'In')
    .map((each) => each.at('values').items())
    .flatMap((values) => (values.length === 1 ? values : []));
}

export const podOsRules: readonly Rule[] = [windows];
