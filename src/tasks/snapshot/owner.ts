import { codeOf } from './problem.ts';

/** What of its owner and group something got back. */
export type Given = 'both' | 'group' | 'neither';

/**
 * Gives something its owner and group, as far as we may: only root may give files away, but whoever is in a group, as with an
 * fsGroup, may give them to that. `set` takes -1 for an owner that stays. It throws the system's other errors.
 */
export function giveOwner(
  { uid, gid }: { readonly uid: number; readonly gid: number },
  set: (uid: number, gid: number) => void,
): Given {
  if (succeeds(() => set(uid, gid))) return 'both';
  return succeeds(() => set(-1, gid)) ? 'group' : 'neither';
}

function succeeds(act: () => void): boolean {
  try {
    act();
    return true;
  } catch (error) {
    if (codeOf(error) !== 'EPERM' && codeOf(error) !== 'EINVAL') throw error;
    return false;
  }
}

/**
 * The mode for what got this of its owner. With another owner or group, set-user-ID and set-group-ID would give rights that nobody
 * meant. On a folder of its own group the latter gives none: it hands the group on to what is made in it.
 */
export function modeFor(mode: number, given: Given, isFolder: boolean): number {
  if (given === 'both') return mode;
  return mode & (given === 'group' && isFolder ? 0o3777 : 0o1777);
}
