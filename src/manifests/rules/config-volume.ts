/** How the config comes into Hookkeeper's container. */
import { posix } from 'node:path';
import { mountOf } from '../mounts.ts';
import type { Rule } from '../rule.ts';
import { lines } from '../rule.ts';

const volume: Rule = {
  code: 'config-volume',
  severity: 'warning',
  rule: 'The config lies on a volume of its own.',
  reason:
    'Without the file Hookkeeper ends with 2, again and again, and the app is not started. Only an image that brings the file needs no volume.',
  find: ({ sidecar, spec }) => {
    const file = sidecar?.configFile;
    if (sidecar === undefined || file === undefined || mountOf(spec, sidecar.part, file) !== undefined) return [];
    const fix = lines(
      '# the sidecar',
      'volumeMounts:',
      `  - { name: hooks, mountPath: ${posix.dirname(file)} }`,
      '# the pod',
      'volumes:',
      '  - name: hooks',
      '    configMap: { name: hooks }',
    );
    return [{ place: sidecar.part.place(), message: `${sidecar.name} reads ${file}, which lies on no volume`, fix }];
  },
};

const subPath: Rule = {
  code: 'config-subpath',
  severity: 'warning',
  rule: 'The config is mounted as a folder, without `subPath`.',
  reason:
    'Kubernetes never changes a file that was mounted with `subPath`: a new config would not be seen before the pod is replaced.',
  find: ({ sidecar, spec }) => {
    const file = sidecar?.configFile;
    const mount = sidecar === undefined || file === undefined ? undefined : mountOf(spec, sidecar.part, file);
    const path = mount?.mount.at('subPath');
    if (file === undefined || mount === undefined || path?.exists !== true) return [];
    const fix = lines(`- name: ${mount.mount.at('name').text ?? 'hooks'}`, `  mountPath: ${posix.dirname(file)}`);
    return [{ place: path.keyPlace(), message: `${file} is mounted with subPath, and so never changes`, fix }];
  },
};

export const configVolumeRules: readonly Rule[] = [volume, subPath];
