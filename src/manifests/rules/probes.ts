/** The probes of Hookkeeper's own container. */
import { named, type Part } from '../part.ts';
import type { PodView } from '../pod-view.ts';
import { type Broken, lines, type Rule } from '../rule.ts';
import type { Sidecar } from '../sidecar.ts';

function probeLines(probe: string, path: string, { opsPort = 9741 }: Sidecar): string {
  const more = probe === 'startupProbe' ? ['  periodSeconds: 1', '  failureThreshold: 60'] : [];
  return lines(`${probe}:`, '  httpGet:', `    path: ${path}`, `    port: ${opsPort}`, ...more);
}

const startup: Rule = {
  code: 'startup-probe',
  severity: 'error',
  rule: 'As a native sidecar, Hookkeeper has a `startupProbe`.',
  reason:
    'Without one the kubelet starts the app as soon as the sidecar has a process: the postStart may come before it listens, is refused, and the app is killed.',
  find: (view) => {
    const { sidecar } = view;
    if (sidecar?.role !== 'native' || sidecar.part.at('startupProbe').exists) return [];
    const message = `${sidecar.name} has no startupProbe: the app is started before it listens`;
    const severity = view.calls.some(({ hook, ours }) => hook === 'postStart' && ours) ? 'error' : 'warning';
    return [{ place: sidecar.part.place(), message, fix: probeLines('startupProbe', '/readyz', sidecar), severity }];
  },
};

const liveness: Rule = {
  code: 'liveness-probe',
  severity: 'warning',
  rule: 'Hookkeeper has no `livenessProbe`.',
  reason:
    'It fails when the node is busy, which is when pods are stopped: the restart kills the tasks of a hook in the middle, and helps nobody.',
  find: ({ sidecar }) =>
    sidecar?.part.at('livenessProbe').exists === true
      ? [
          {
            place: sidecar.part.at('livenessProbe').keyPlace(),
            message: `${sidecar.name} has a liveness probe, whose restart would kill the tasks of a hook`,
            fix: `remove livenessProbe from ${sidecar.name}`,
          },
        ]
      : [],
};

const PATHS = ['/readyz', '/livez'];

const target: Rule = {
  code: 'probe-target',
  severity: 'error',
  rule: 'A probe of Hookkeeper asks `/readyz` or `/livez` on its ops port.',
  reason:
    'Probes do look at the status, and the hook port refuses them: a startup probe that never succeeds keeps the app from ever being started.',
  find: (view) => ['startupProbe', 'readinessProbe'].flatMap((probe) => wrongTarget(view, probe)),
};

function wrongTarget({ sidecar }: PodView, probe: string): Broken[] {
  const httpGet = sidecar?.part.at(probe, 'httpGet');
  if (sidecar?.opsPort === undefined || httpGet?.exists !== true) return [];
  const port = portOf(sidecar.part, httpGet.at('port'));
  const path = (httpGet.at('path').text ?? '/').replace(/\?.*/, '');
  if (port === sidecar.opsPort && PATHS.includes(path)) return [];
  const wrong = port === sidecar.opsPort ? httpGet.at('path') : httpGet.at('port');
  const asks =
    port === undefined
      ? `port ${JSON.stringify(httpGet.at('port').value)}, which it does not have`
      : `${path} on port ${port}`;
  const message = `${probe} of ${sidecar.name} asks ${asks}: it never succeeds`;
  return [{ place: wrong.place(), message, fix: probeLines(probe, '/readyz', sidecar) }];
}

/** A probe's port name is looked up in the container that is probed. */
function portOf(container: Part, port: Part): number | undefined {
  return port.number ?? named(container.at('ports'), port.text ?? '')?.at('containerPort').number;
}

export const probeRules: readonly Rule[] = [startup, liveness, target];
