/** Hookkeeper's ports where they are the node's. */
import { lines, type Rule } from '../rule.ts';

const nodePorts: Rule = {
  code: 'node-ports',
  severity: 'warning',
  rule: 'With `hostNetwork: true` the container of Hookkeeper lists both its ports.',
  reason:
    'By them the scheduler keeps a second such pod, also the next one of a rolling update, off a node on which the ports are taken. Else Hookkeeper cannot ' +
    'listen there and ends with 1, again and again, and as a native sidecar lets no app start.',
  find: ({ sidecar, spec }) => {
    if (sidecar === undefined || spec.at('hostNetwork').value !== true) return [];
    const listed = sidecar.part.at('ports').items();
    const missing = [sidecar.hookPort, sidecar.opsPort].filter(
      (port) => port !== undefined && !listed.some((item) => item.at('containerPort').number === port),
    );
    if (missing.length === 0) return [];
    return [
      {
        place: sidecar.part.place(),
        message: `${sidecar.name} does not list ${missing.map((port) => `port ${port}`).join(' and ')}, which it takes of the node`,
        fix: lines(`# ${sidecar.name}`, 'ports:', ...missing.map((port) => `  - containerPort: ${port}`)),
      },
    ];
  },
};

export const nodePortRules: readonly Rule[] = [nodePorts];
