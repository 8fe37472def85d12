import { type Child, startChild } from '../../src/rehearse/child.ts';
import { within } from '../helpers/within.ts';

/** What an image says of how it is run. */
export interface ImageConfig {
  readonly user: string;
  readonly env: Readonly<Record<string, string>>;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

/** Folders of ours that stand in the container's place of the key. */
export type Mounts = Readonly<Record<string, { readonly folder: string; readonly readOnly: boolean }>>;

/**
 * Runs a command in the image's root file system as Kubernetes does for a "restricted" pod with `readOnlyRootFilesystem`:
 * read-only, as the image's user, without capabilities or new privileges, as PID 1 of a PID namespace. The network is ours.
 */
export function runIn(root: string, image: ImageConfig, command: readonly string[], mounts: Mounts = {}): Child {
  const [uid = '', gid = uid] = image.user.split(':');
  const binds = Object.entries(mounts).map(
    ([place, { folder, readOnly }]) =>
      `mount --bind '${folder}' "$root${place}"${readOnly ? ` && mount -o remount,bind,ro "$root${place}"` : ''}`,
  );
  const steps = [
    'mount --bind "$root" "$root"',
    'mount --rbind /dev "$root/dev"',
    'mount -t proc proc "$root/proc"',
    ...binds,
    'mount -o remount,bind,ro "$root"',
    `exec chroot "$root" setpriv --reuid=${uid} --regid=${gid} --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all -- "$@"`,
  ];
  const script = ['set -e', 'root=$1', 'shift', ...steps].join('\n');
  const args = ['--mount', '--pid', '--fork', '--kill-child', '--', 'sh', '-c', script, 'sh', root, ...command];
  return startChild('unshare', args, { ...image.env });
}

/** The lines that a command in the image prints; throws when it fails. */
export async function linesOf(
  root: string,
  image: ImageConfig,
  command: readonly string[],
): Promise<readonly string[]> {
  const child = runIn(root, image, command);
  const { code } = await within(`the end of ${command.join(' ')}`, child.exited);
  const said = child.lines();
  if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}: ${said.join('; ')}`);
  return said;
}
