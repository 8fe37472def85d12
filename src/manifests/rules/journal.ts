/** Where the journal lies, and whose it is. */
import { variableOf } from '../container.ts';
import { type Mount, mountOf } from '../mounts.ts';
import type { PodView } from '../pod-view.ts';
import { type Broken, lines, type Rule } from '../rule.ts';
import { isSharedByPods } from '../several-pods.ts';

interface JournalPlace {
  readonly dir: string;
  readonly mount: Mount | undefined;
}

/** Undefined where it can't be known. */
function journalOf({ sidecar, spec }: PodView): JournalPlace | undefined {
  const dir = sidecar?.journalDir;
  return sidecar === undefined || dir === undefined ? undefined : { dir, mount: mountOf(spec, sidecar.part, dir) };
}

function volumeLines(dir: string): string {
  return lines(
    '# the sidecar',
    'volumeMounts:',
    `  - { name: journal, mountPath: ${dir} }`,
    '# the pod',
    'volumes:',
    '  - { name: journal, emptyDir: {} }',
  );
}

/** Whether nothing else lies on the volume. */
function isForJournal({ containers }: PodView, dir: string, { mount, mountPath }: Mount): boolean {
  const name = mount.at('name').text;
  const mounts = containers.flatMap(({ part }) => part.at('volumeMounts').items());
  return mountPath === dir && mounts.filter((each) => each.at('name').text === name).length === 1;
}

/** The volume of a mount, under its name. */
function emptyDirLines({ mount }: Mount): string {
  return lines(`- name: ${mount.at('name').written}`, '  emptyDir: {}');
}

const volume: Rule = {
  code: 'journal-volume',
  severity: 'error',
  rule: 'The folder of the journal lies on a volume that can be written to, such as an `emptyDir`.',
  reason:
    'What lies in the container itself is gone when the container is started again: finished tasks would be run again by the next delivery. An `emptyDir` ' +
    'lives as long as the pod, which is as long as the journal is of use.',
  find: (view) => {
    const journal = journalOf(view);
    const { sidecar } = view;
    if (journal === undefined || sidecar === undefined || journal.mount?.writable === true) return [];
    const { dir, mount } = journal;
    const place = (mount?.mount ?? sidecar.part).place();
    const what = mount === undefined ? 'on no volume' : `on a volume that cannot be written to (${mount.kind})`;
    return [{ place, message: `the journal of ${sidecar.name}, ${dir}, lies ${what}`, fix: volumeLines(dir) }];
  },
};

const memory: Rule = {
  code: 'journal-memory',
  severity: 'warning',
  rule: 'The volume of the journal is not in memory.',
  reason:
    "`medium: Memory` counts towards the containers' memory limits, and is lost when the node is started again. The journal is small and written " +
    'seldom: a disk costs nothing.',
  find: (view) => {
    const mount = journalOf(view)?.mount;
    const medium = mount?.volume?.at('emptyDir', 'medium');
    if (mount === undefined || medium?.text !== 'Memory') return [];
    return [
      {
        place: medium.keyPlace(),
        message: 'the journal lies in memory',
        fix: emptyDirLines(mount),
      },
    ];
  },
};

const shared: Rule = {
  code: 'journal-shared',
  severity: 'error',
  rule: 'Each pod has a journal of its own.',
  reason: 'Pods that share a volume would write over each other, and take the runs of another pod for their own.',
  find: (view): Broken[] => {
    const journal = journalOf(view);
    const mount = journal?.mount;
    if (journal === undefined || mount === undefined || !isSharedByPods(mount, view.workload)) return [];
    return [
      {
        place: mount.mount.place(),
        message: `all pods of ${view.workload.name} keep their journal on one volume (${mount.kind})`,
        fix: isForJournal(view, journal.dir, mount) ? emptyDirLines(mount) : volumeLines(journal.dir),
      },
    ];
  },
};

const podUid: Rule = {
  code: 'pod-uid',
  severity: 'warning',
  rule: "Hookkeeper is told the pod's UID, `HOOKKEEPER_POD_UID`, by the Downward API.",
  reason:
    "By it a journal of another pod is told from the own one. An error where the journal lies on a volume that outlives the pod: the next pod's hooks would " +
    "get the old one's results.",
  find: (view): Broken[] => {
    const { sidecar } = view;
    if (sidecar === undefined) return [];
    const variable = variableOf(sidecar.part, 'HOOKKEEPER_POD_UID');
    const isUid =
      variable.state === 'unknown' &&
      (variable.part.path.at(-1) === 'envFrom' ||
        variable.part.at('valueFrom', 'fieldRef', 'fieldPath').text === 'metadata.uid');
    if (isUid) return [];
    const mount = journalOf(view)?.mount;
    const outlives = mount?.writable === true && mount.kind !== 'emptyDir';
    const place = variable.state === 'absent' ? sidecar.part.place() : variable.part.place();
    const has = variable.state === 'absent' ? 'is not told' : 'is told something else than';
    const fix = lines('- name: HOOKKEEPER_POD_UID', '  valueFrom:', '    fieldRef:', '      fieldPath: metadata.uid');
    return [{ place, message: `${sidecar.name} ${has} the pod's UID`, fix, severity: outlives ? 'error' : 'warning' }];
  },
};

export const journalRules: readonly Rule[] = [volume, memory, shared, podUid];
