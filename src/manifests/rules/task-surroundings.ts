/** What tasks need of the pod beside time: volumes, a shared PID namespace, free ports. */
import { canBeWritable, type Mount, mountOf } from '../mounts.ts';
import type { Part } from '../part.ts';
import { appContainers, type PodView } from '../pod-view.ts';
import { type Broken, lines, type Rule } from '../rule.ts';
import { type FileNeed, fileNeeds, processNeeds } from '../task-needs.ts';

const pids: Rule = {
  code: 'pid-namespace',
  severity: 'error',
  rule: 'A pod with a `signal` task or a `process` condition has `shareProcessNamespace: true`.',
  reason: 'Without it Hookkeeper sees no process but its own: a signal finds nobody, and a process is taken for gone.',
  find: ({ hooks, spec }) => {
    const shared = spec.at('shareProcessNamespace').value === true || spec.at('hostPID').value === true;
    if (hooks === undefined || shared) return [];
    return processNeeds(hooks.data).map(({ at, task }) => ({
      place: hooks.locate(at),
      message: `task ${task} is about processes of other containers, which do not share their PID namespace`,
      fix: lines('# the pod', 'spec:', '  shareProcessNamespace: true'),
    }));
  },
};

/** The user of Hookkeeper's own image. */
const IMAGE_USER = 65_532;

const user: Rule = {
  code: 'signal-user',
  severity: 'warning',
  rule: 'Hookkeeper runs as the user of the processes that it signals, or may signal any.',
  reason:
    'The kernel lets a process signal those of its own user alone, unless it has the capability KILL: the task would fail. The user of an image is not known ' +
    'here: only where both containers, or the pod, say `runAsUser` can it be told.',
  find: ({ hooks, sidecar, spec, containers }) => {
    if (hooks === undefined || sidecar === undefined) return [];
    const userOf = (part: Part) =>
      part.at('securityContext', 'runAsUser').number ?? spec.at('securityContext', 'runAsUser').number;
    const own = userOf(sidecar.part) ?? IMAGE_USER;
    const capabilities = (list: string) =>
      sidecar.part
        .at('securityContext', 'capabilities', list)
        .items()
        .map(({ written }) => written);
    const mayKill = capabilities('add').includes('KILL') || (own === 0 && !capabilities('drop').includes('ALL'));
    return processNeeds(hooks.data).flatMap(({ at, task }): Broken[] => {
      const target = containers.find(({ name }) => name === at[1]);
      const other = target && userOf(target.part);
      if (at.at(-1) !== 'signal' || mayKill || target === undefined || other === undefined || other === own) return [];
      const message = `task ${task} signals a process of user ${other} as user ${own}, which the kernel forbids`;
      // The kubelet starts no container as root that must not be root.
      const asRoot = other === 0 ? ['  runAsNonRoot: false'] : [];
      const fix = lines(`# ${sidecar.name}`, 'securityContext:', `  runAsUser: ${other}`, ...asRoot);
      return [{ place: hooks.locate(at), message, fix }];
    });
  },
};

const paths: Rule = {
  code: 'task-path',
  severity: 'warning',
  rule: 'What tasks read and write lies on volumes of the sidecar.',
  reason:
    'Each container has its own files: what Hookkeeper finds or writes beside a volume is not what the app sees, and is gone with the container. An error where ' +
    'it cannot be written at all, for the archives of snapshots, which would be lost, and for a file without which Hookkeeper ends with 2, again and again.',
  find: (view) => {
    const { hooks, sidecar, spec } = view;
    if (hooks === undefined || sidecar === undefined) return [];
    const readOnly = sidecar.part.at('securityContext', 'readOnlyRootFilesystem').value === true;
    return fileNeeds(hooks.data).flatMap((need): Broken[] => {
      const mount = mountOf(spec, sidecar.part, need.file);
      if (mount !== undefined && (mount.writable || !need.writes)) return [];
      const there = mountOfApp(view, need);
      // What is there for a while may be anywhere, and what nobody has on a volume may be in the image.
      if (mount === undefined && need.use === 'scratch' && !readOnly) return [];
      if (mount === undefined && need.use === 'read' && there === undefined) return [];
      const why = mount === undefined ? `on no volume of ${sidecar.name}` : 'on a volume that cannot be written to';
      const message = `task ${need.task} ${need.writes ? 'writes' : 'reads'} ${need.file}, which lies ${why}`;
      const lost = need.use === 'keep' || need.use === 'read' || (need.writes && (readOnly || mount !== undefined));
      return [
        {
          place: hooks.locate(need.at),
          message,
          fix: thereLines(sidecar.name, need, mount ?? there) ?? newLines(sidecar.name, need),
          severity: lost ? 'error' : 'warning',
        },
      ];
    });
  },
};

/** Where the task's container has the file, else where another one has it. */
function mountOfApp({ containers, spec }: PodView, { at, file }: FileNeed): Mount | undefined {
  const own = containers.filter(({ name }) => name === at[1]);
  return [...own, ...containers].map(({ part }) => mountOf(spec, part, file)).find((mount) => mount !== undefined);
}

/** The volume that is there already: another one in its place would hide what the app has. Undefined where it is of no use. */
function thereLines(sidecar: string, { writes }: FileNeed, there: Mount | undefined): string | undefined {
  if (there === undefined || (writes && !canBeWritable(there))) return undefined;
  const { mount, mountPath } = there;
  const parts = ['subPath', 'subPathExpr'].flatMap((key) => {
    const part = mount.at(key);
    return part.exists ? [`, ${key}: ${part.written}`] : [];
  });
  const notes = [
    ...(writes && mount.at('readOnly').value === true ? ['not readOnly'] : []),
    ...(mount.at('subPathExpr').exists ? [`${sidecar} needs its variables, too`] : []),
  ];
  const note = notes.length === 0 ? '' : ` # ${notes.join('; ')}`;
  return lines(
    `# ${sidecar}`,
    'volumeMounts:',
    `  - { name: ${mount.at('name').written}, mountPath: ${mountPath}${parts.join('')} }${note}`,
  );
}

function newLines(sidecar: string, { folder, use }: FileNeed): string {
  const name = (folder.split('/').at(-1) ?? '').toLowerCase().replaceAll(/[^a-z0-9]+/g, '-') || 'data';
  const kind = use === 'keep' ? `persistentVolumeClaim: { claimName: ${name} }` : 'emptyDir: {}';
  return lines(
    `# ${sidecar}${use === 'share' ? ', and the container that shares it' : ''}`,
    'volumeMounts:',
    `  - { name: ${name}, mountPath: ${folder} }`,
    '# the pod',
    'volumes:',
    `  - { name: ${name}, ${kind} }`,
  );
}

const clash: Rule = {
  code: 'port-clash',
  severity: 'error',
  rule: "No other container of the pod uses one of Hookkeeper's ports.",
  reason: 'All containers of a pod share its ports: whoever comes second cannot listen.',
  find: (view) => {
    const { sidecar } = view;
    if (sidecar === undefined) return [];
    return appContainers(view).flatMap(({ name, part }) =>
      part
        .at('ports')
        .items()
        .map((item) => item.at('containerPort'))
        .filter(({ number }) => number !== undefined && (number === sidecar.hookPort || number === sidecar.opsPort))
        .map((port): Broken => {
          const variable = port.number === sidecar.hookPort ? 'HOOKKEEPER_PORT' : 'HOOKKEEPER_OPS_PORT';
          const fix = lines(
            `# env of ${sidecar.name}; change its probes and the hooks, too`,
            `- name: ${variable}`,
            `  value: "${(port.number ?? 0) + 10}"`,
          );
          return {
            place: port.place(),
            message: `${name} has port ${port.number}, on which ${sidecar.name} listens`,
            fix,
          };
        }),
    );
  },
};

export const surroundingsRules: readonly Rule[] = [pids, user, paths, clash];
