/** How the config and the token come into Hookkeeper's container. */
import { posix } from 'node:path';
import { SERVE_DEFAULTS } from '../../config/serve-defaults.ts';
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
    const fix = folderLines(file, mount.mount.at('name').text ?? 'hooks', posix.basename(path.written));
    return [{ place: path.keyPlace(), message: `${file} is mounted with subPath, and so never changes`, fix }];
  },
};

/** A folder that would hide what every container needs. */
const CROWDED = /^\/(etc|usr|var|bin|lib)?$/;

/** The file's folder as a mount; elsewhere where that would hide something, and the key as the file where they differ. */
function folderLines(file: string, volumeName: string, key: string): string {
  const folder = posix.dirname(file);
  const moved = CROWDED.test(folder) ? SERVE_DEFAULTS.configFile : undefined;
  const name = posix.basename(moved ?? file);
  return lines(
    `- name: ${volumeName}`,
    `  mountPath: ${moved === undefined ? folder : posix.dirname(moved)}`,
    ...(moved === undefined ? [] : [`# and instead of ${file} as the config`, `--config=${moved}`]),
    ...(key === name
      ? []
      : [`# the configMap of the volume ${volumeName}`, 'items:', `  - { key: ${key}, path: ${name} }`]),
  );
}

const tokenVolume: Rule = {
  code: 'token-volume',
  severity: 'error',
  rule: 'The file of `access.tokenFile` lies on a volume of Hookkeeper.',
  reason: 'Without the file Hookkeeper ends with 2, again and again, and the app is not started.',
  find: ({ sidecar, spec, hooks }) => {
    const file = hooks?.config.access.tokenFile;
    if (hooks === undefined || sidecar === undefined || file === undefined) return [];
    if (!posix.isAbsolute(file) || mountOf(spec, sidecar.part, file) !== undefined) return [];
    const fix = lines(
      `# ${sidecar.name}`,
      'volumeMounts:',
      `  - { name: hook-token, mountPath: ${posix.dirname(file)}, readOnly: true }`,
      '# the pod',
      'volumes:',
      '  - name: hook-token',
      `    secret: { secretName: hook-token, items: [{ key: token, path: ${posix.basename(file)} }] }`,
    );
    const message = `${sidecar.name} reads its token from ${file}, which lies on no volume`;
    return [{ place: hooks.locate(['access', 'tokenFile']), message, fix }];
  },
};

export const configVolumeRules: readonly Rule[] = [volume, subPath, tokenVolume];
