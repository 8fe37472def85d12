/** Which names and links of an archive stay inside the folder that it is restored into: pure, on raw bytes. */

/** The longest path that the kernel takes (PATH_MAX in its limits.h). */
const LONGEST_NAME_BYTES = 4096;

/** The longest name that an archive gets: it has to fit below the folder that it is restored into, and what is made there. */
export const LONGEST_SAVED_NAME_BYTES = LONGEST_NAME_BYTES - 512;

/** Why an entry of this name is refused; undefined: it is fine. */
export function whyUnsafeName(name: string): string | undefined {
  if (name === '') return 'it is empty';
  if (name.length > LONGEST_NAME_BYTES) return 'it is too long';
  if (name.includes('\0')) return 'it holds a NUL byte';
  if (name.startsWith('/')) return 'it is absolute';
  const parts = name.split('/');
  if (parts.includes('..')) return 'it goes up with ..';
  return parts.some((part) => part === '' || part === '.') ? 'it is not in its shortest form' : undefined;
}

/**
 * Whether a link of this name points inside. `..` may only stand at the front, and no more often than the link is deep:
 * what follows then goes down only, through folders or other links that were asked the same, so that no chain of links
 * leads out.
 */
export function pointsInside(name: string, target: string): boolean {
  if (target === '' || target.startsWith('/') || target.includes('\0')) return false;
  const depth = name.split('/').length - 1;
  const parts = target.split('/').filter((part) => part !== '' && part !== '.');
  const ups = parts.findIndex((part) => part !== '..');
  const leading = ups === -1 ? parts.length : ups;
  return leading <= depth && !parts.slice(leading).includes('..');
}

/** An absolute target that lies in the folder `root`, written from the link's place; others as they are. */
export function relativeTarget(root: string, name: string, target: string): string {
  if (target !== root && !target.startsWith(`${root}/`)) return target;
  const below = target.slice(root.length + 1).replace(/\/+$/, '');
  const up = '../'.repeat(name.split('/').length - 1);
  return `${up}${below}` === '' ? '.' : `${up}${below}`;
}
