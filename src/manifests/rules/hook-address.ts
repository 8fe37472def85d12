/** Whether the hooks of a pod's containers reach Hookkeeper: port, path, host, scheme. */
import { hookPathOf } from '../../config/hook-path.ts';
import { SERVE_DEFAULTS } from '../../config/serve-defaults.ts';
import type { HookCall } from '../hook-call.ts';
import { hookLines } from '../hook-lines.ts';
import { httpCallsToUs, nameOf, type PodView } from '../pod-view.ts';
import { type Broken, lines, type Rule } from '../rule.ts';

function httpGetLines({ hook, container }: HookCall, view: PodView): string {
  return lines(...hookLines(hook, container.name, view));
}

const portName: Rule = {
  code: 'hook-port-name',
  severity: 'error',
  rule: "A hook's port is a number, not a name.",
  reason:
    "The kubelet looks a name up in the ports of the hook's own container, not in the sidecar's. Where it finds none the hook fails: " +
    'after a postStart it kills the container, again and again.',
  find: (view) =>
    httpCallsToUs(view).flatMap((call): Broken[] => {
      const { port, httpGet } = call;
      if (port?.kind !== 'name') return [];
      const where =
        port.port === undefined
          ? `${call.container.name} has no port of that name`
          : `in ${call.container.name} that is ${port.port}`;
      const message = `${nameOf(call)} calls port ${JSON.stringify(port.name)}: ${where}`;
      return [{ place: httpGet.at('port').place(), message, fix: httpGetLines(call, view) }];
    }),
};

const port: Rule = {
  code: 'hook-port',
  severity: 'error',
  rule: "A hook calls Hookkeeper's hook port.",
  reason:
    'Nobody listens on another port, or somebody who takes every path: a refused postStart kills the container, a refused preStop is ' +
    'passed over without a word, and whatever another server answers, 404 included, counts as success.',
  find: (view) =>
    httpCallsToUs(view).flatMap((call): Broken[] => {
      const { sidecar } = view;
      const { port: used, httpGet } = call;
      if (sidecar?.hookPort === undefined || used?.kind !== 'number' || used.port === sidecar.hookPort) return [];
      const what = used.port === sidecar.opsPort ? 'the ops port' : `no port of ${sidecar.name}`;
      const message = `${nameOf(call)} calls port ${used.port}, ${what}: hooks are on ${sidecar.hookPort}`;
      return [{ place: httpGet.at('port').place(), message, fix: httpGetLines(call, view) }];
    }),
};

const path: Rule = {
  code: 'hook-path',
  severity: 'error',
  rule: "A hook's path is `/poststart` or `/prestop`, with `/CONTAINER` after it and nothing more.",
  reason:
    'Any other path is refused. It is taken as it is: capital letters, a slash at the end or a further part make it another one. ' +
    'Two slashes at the beginning make the kubelet take the first part for a host and drop it.',
  find: (view) =>
    httpCallsToUs(view).flatMap((call): Broken[] => {
      const { httpGet, hook, container, target, path: arrives } = call;
      const written = httpGet.at('path');
      const fix = httpGetLines(call, view);
      if (target === undefined) {
        const message = `${nameOf(call)} calls ${arrives}, which is no path of Hookkeeper: it is ${hookPathOf(hook, container.name)}`;
        return [{ place: written.place(), message, fix }];
      }
      if (target.hook !== hook) {
        const message = `${nameOf(call)} calls ${arrives}, the path of the ${target.hook}`;
        return [{ place: written.place(), message, fix }];
      }
      const names = [...(view.hooks?.config.containers.keys() ?? [])];
      if (target.container !== undefined || names.length < 2) return [];
      const message = `${nameOf(call)} calls ${arrives} without a container, and the config has ${names.join(', ')}`;
      return [{ place: written.place(), message, fix }];
    }),
};

const host: Rule = {
  code: 'hook-host',
  severity: 'error',
  rule: 'A hook has no `host`; with `hostNetwork: true` it has `host: 127.0.0.1`.',
  reason:
    "The kubelet calls the pod's IP by itself, from the node: `127.0.0.1` is the node's loopback, where the pod's Hookkeeper does not listen. In the " +
    "node's network it is the other way round: without a host the kubelet has no address to call, and the hook always fails.",
  find: (view) =>
    httpCallsToUs(view).flatMap((call): Broken[] => {
      const written = call.httpGet.at('host');
      const onNode = view.spec.at('hostNetwork').value === true;
      if (onNode === (written.text !== undefined && written.text !== '')) return [];
      const message = onNode
        ? `${nameOf(call)} has no host, and the pod is in the node's network: the hook always fails`
        : `${nameOf(call)} has host ${JSON.stringify(written.text)}, which the kubelet calls from the node instead of the pod`;
      return [{ place: onNode ? call.httpGet.keyPlace() : written.keyPlace(), message, fix: httpGetLines(call, view) }];
    }),
};

const scheme: Rule = {
  code: 'hook-scheme',
  severity: 'error',
  rule: "A hook's `scheme` is HTTP.",
  reason:
    'Hookkeeper speaks plain HTTP within the pod. A kubelet that was told HTTPS fails, and then tries once more over HTTP without its ' +
    '`Authorization` header.',
  find: (view) =>
    httpCallsToUs(view)
      .filter(({ httpGet }) => httpGet.at('scheme').text === 'HTTPS')
      .map((call) => ({
        place: call.httpGet.at('scheme').keyPlace(),
        message: `${nameOf(call)} asks for HTTPS, which port ${view.sidecar?.hookPort ?? SERVE_DEFAULTS.hookPort} does not speak`,
        fix: httpGetLines(call, view),
      })),
};

const loopback: Rule = {
  code: 'listen-loopback',
  severity: 'error',
  rule: 'Hookkeeper listens on an address that the kubelet reaches.',
  reason: "The kubelet calls the pod's IP from the node's network: a port that is open on loopback alone refuses it.",
  find: ({ sidecar, spec }) =>
    sidecar !== undefined &&
    /^(127\.|::1$|localhost$)/.test(sidecar.host ?? '') &&
    spec.at('hostNetwork').value !== true
      ? [
          {
            place: sidecar.part.place(),
            message: `${sidecar.name} listens on ${sidecar.host}, which the kubelet cannot reach`,
            fix: lines(`- name: ${sidecar.name}`, '  env:', '    - name: HOOKKEEPER_HOST', '      value: "::"'),
          },
        ]
      : [],
};

export const addressRules: readonly Rule[] = [portName, port, path, host, scheme, loopback];
