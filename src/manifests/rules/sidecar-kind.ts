/** Whether the pod has Hookkeeper, once, and as the kind of container that serves it best. */
import { callsToUs, nameOf, type PodView } from '../pod-view.ts';
import { type Broken, lines, type Rule } from '../rule.ts';
import { FOUND_BY, type Sidecar } from '../sidecar.ts';

const missing: Rule = {
  code: 'sidecar-missing',
  severity: 'error',
  rule: 'A pod whose hooks call Hookkeeper has its container.',
  reason: `Nobody listens: a postStart kills its container, a preStop is passed over. Hookkeeper is found as ${FOUND_BY}.`,
  find: (view) => {
    const [call] = callsToUs(view);
    if (view.sidecar !== undefined || call === undefined) return [];
    const message = `${nameOf(call)} calls Hookkeeper, and the pod has no container of it`;
    return [{ place: call.part.keyPlace(), message, fix: nativeLines('hookkeeper', 'hookkeeper:0.1.0') }];
  },
};

function nativeLines(name: string, image: string): string {
  return lines(
    'initContainers:',
    `  - name: ${name}`,
    `    image: ${image}`,
    '    restartPolicy: Always',
    '    startupProbe:',
    '      httpGet: { path: /readyz, port: 9741 }',
    '      periodSeconds: 1',
    '      failureThreshold: 60',
  );
}

function moveLines({ name, part, opsPort }: Sidecar): string {
  return lines(
    nativeLines(name, part.at('image').text ?? 'hookkeeper:0.1.0').replace('9741', String(opsPort ?? 9741)),
    `    # and the rest of ${name}, taken out of containers`,
  );
}

const twice: Rule = {
  code: 'sidecar-twice',
  severity: 'error',
  rule: 'A pod has one Hookkeeper.',
  reason:
    "All containers of a pod share its ports: the second cannot listen, ends, and is started again for ever. One serves all the pod's containers.",
  find: ({ sidecars }) =>
    sidecars.slice(1).map(({ name, part }) => ({
      place: part.place(),
      message: `${name} is a second Hookkeeper beside ${sidecars[0]?.name}`,
      fix: `remove ${name}, and put its containers' hooks into one config`,
    })),
};

/** A Job with one would never end: that has a rule of its own. */
const regular: Rule = {
  code: 'sidecar-regular',
  severity: 'warning',
  rule: 'Hookkeeper is a native sidecar: an init container with `restartPolicy: Always` (Kubernetes 1.29 or newer).',
  reason:
    'A regular container is started together with the app and gets SIGTERM at the same moment: the postStart may come before it listens, and it is no ' +
    'longer there for what the app does after its own SIGTERM. A native one starts before the app and is stopped after it.',
  find: (view) => (isJob(view) ? [] : regularOnes(view)),
};

const job: Rule = {
  code: 'job-regular',
  severity: 'error',
  rule: 'In a Job, Hookkeeper is a native sidecar.',
  reason:
    'A Job is complete when all its regular containers have ended, and Hookkeeper serves for as long as it is not stopped: the Job would never end.',
  find: (view) => (isJob(view) ? regularOnes(view) : []),
};

function isJob({ workload }: PodView): boolean {
  return workload.kind === 'Job' || workload.kind === 'CronJob';
}

function regularOnes({ sidecar }: PodView): Broken[] {
  if (sidecar?.role !== 'regular') return [];
  const message = `${sidecar.name} is a regular container, which starts and stops together with the app`;
  return [{ place: sidecar.part.place(), message, fix: moveLines(sidecar) }];
}

const init: Rule = {
  code: 'sidecar-init',
  severity: 'error',
  rule: 'Among the init containers, Hookkeeper has `restartPolicy: Always`.',
  reason:
    'Any other init container has to end before the next one is started, and Hookkeeper does not end: the app would never start.',
  find: ({ sidecar }) =>
    sidecar?.role === 'init'
      ? [
          {
            place: sidecar.part.place(),
            message: `${sidecar.name} is an init container that never ends`,
            fix: lines(`- name: ${sidecar.name}`, '  restartPolicy: Always'),
          },
        ]
      : [],
};

const order: Rule = {
  code: 'sidecar-order',
  severity: 'warning',
  rule: 'Hookkeeper is the first of the native sidecars.',
  reason:
    'They are started in their order, and stopped the other way round: one before Hookkeeper starts without it, and its own hooks ' +
    'find nobody; one behind it is still there while it is, for tasks that call it. Init containers that end have no hooks, and may stand before it.',
  find: ({ sidecar, containers }) => {
    if (sidecar?.role !== 'native') return [];
    const before = containers.slice(0, sidecar.index);
    const first = before.findIndex(({ role }) => role === 'native');
    if (first === -1) return [];
    const ending = before.slice(0, first).map(({ name }) => name);
    const behind = before.slice(first);
    const native = behind.filter(({ role }) => role === 'native').map(({ name }) => name);
    // What stands before the first of them may be what writes the config.
    const ordered = [...ending, sidecar.name, ...behind.map(({ name }) => name)];
    return [
      {
        place: sidecar.part.place(),
        message: `${sidecar.name} starts after ${native.join(', ')}`,
        fix: lines('initContainers:', ...ordered.map((name) => `  - name: ${name}`)),
      },
    ];
  },
};

const race: Rule = {
  code: 'poststart-race',
  severity: 'error',
  rule: 'A regular sidecar has no postStart to serve, unless it stands before the app and its own postStart waits until it listens.',
  reason:
    'The kubelet starts regular containers in their order and sends a postStart some milliseconds after the start: it is refused, and the app is killed and ' +
    "started again. It waits for nothing but a container's own postStart, before it starts the next container.",
  find: (view) => {
    const { sidecar } = view;
    if (sidecar?.role !== 'regular') return [];
    const waits = sidecar.part.at('lifecycle', 'postStart', 'exec').exists;
    return callsToUs(view)
      .filter(
        ({ hook, container }) =>
          hook === 'postStart' && container.role === 'regular' && !(waits && sidecar.index < container.index),
      )
      .map((call) => ({
        place: call.part.keyPlace(),
        message: `${nameOf(call)} may come before ${sidecar.name} listens, and then the kubelet kills ${call.container.name}`,
        fix: moveLines(sidecar),
      }));
  },
};

const told: Rule = {
  code: 'sidecar-told-otherwise',
  severity: 'error',
  rule: "The config's `lifecycle.sidecar` is what Hookkeeper is in the pod.",
  reason:
    'A native sidecar is told to end when the app has, so that it waits for no preStop any more: a regular one that believes to be native ' +
    "ends in the same milliseconds as the app's preStop arrives, and most are lost. One that believes to be regular waits for nothing.",
  find: ({ sidecar, hooks }) => {
    const said = hooks?.config.lifecycle.sidecar;
    if (hooks === undefined || said === undefined || said === 'auto' || sidecar === undefined) return [];
    if (sidecar.role === 'init' || sidecar.role === said) return [];
    const message = `the config says ${said}, and ${sidecar.name} is ${sidecar.role} in the pod`;
    const fix = lines('# hooks.yaml', 'lifecycle:', `  sidecar: ${sidecar.role}`);
    return [{ place: hooks.locate(['lifecycle', 'sidecar']), message, fix }];
  },
};

export const kindRules: readonly Rule[] = [missing, twice, regular, job, init, order, race, told];
