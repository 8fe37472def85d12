import { basename, dirname, join } from 'node:path';
import { codeOf, type FileSystem } from './durable-file.ts';
import type { OnJournalEvent } from './event.ts';

/** How many files moved aside are kept. */
const MOVED_ASIDE_KEPT = 5;

/** A journal file that this process can't go on with. */
export interface Obstacle {
  readonly kind: 'unreadable' | 'newer' | 'pod';
  /** Tells it from others of its kind: when it was found, or whose it is. */
  readonly label: string;
  readonly why: string;
}

/** A label must not leave the folder, and fit into a file name. */
function safe(label: string): string {
  return label.replaceAll(/[^\w-]/g, '_').slice(0, 64);
}

/**
 * Renames the file at `path` to `NAME.KIND-LABEL`, and removes the oldest of more than five files renamed so. Nothing at
 * `path` is fine. Rejects with the system's error when it can't be renamed; it is then as it was.
 */
export async function moveAside(
  path: string,
  { kind, label, why }: Obstacle,
  fs: FileSystem,
  onEvent: OnJournalEvent,
): Promise<void> {
  const dir = dirname(path);
  const names = await fs.readdir(dir).catch(unlessMissing<string[]>([]));
  const base = `${basename(path)}.${kind}-${safe(label)}`;
  let name = base;
  for (let copy = 2; names.includes(name); copy += 1) name = `${base}-${copy}`;
  const to = join(dir, name);
  const renamed = await fs.rename(path, to).then(() => true, unlessMissing(false));
  if (!renamed) return;
  onEvent({ type: 'movedAside', from: path, to, why });
  await removeOldest(path, names, fs, onEvent);
}

/** That old files can't be removed hinders nothing: the next one moved aside tries again. */
async function removeOldest(
  path: string,
  names: readonly string[],
  fs: FileSystem,
  onEvent: OnJournalEvent,
): Promise<void> {
  const prefix = `${basename(path)}.`;
  const earlier = names
    .filter((name) => name.startsWith(prefix) && /^(unreadable|newer|pod)-/.test(name.slice(prefix.length)))
    .map((name) => join(dirname(path), name));
  const aged = await Promise.all(earlier.map(async (file) => ({ file, changedMs: await changedAtMs(file, fs) })));
  const tooMany = aged
    .toSorted((a, b) => b.changedMs - a.changedMs || (b.file < a.file ? -1 : 1))
    .slice(MOVED_ASIDE_KEPT - 1);
  for (const { file } of tooMany) {
    try {
      await fs.rm(file);
      onEvent({ type: 'removed', path: file });
    } catch {
      // Said above.
    }
  }
}

/** Gives `value` for what is not there, and throws everything else again. */
function unlessMissing<T>(value: T): (error: unknown) => T {
  return (error) => {
    if (codeOf(error) === 'ENOENT') return value;
    throw error;
  };
}

/** When it was renamed or written, in ms since 1970; what can't be asked counts as the oldest. */
async function changedAtMs(file: string, fs: FileSystem): Promise<number> {
  return fs.lstat(file).then(
    (stat) => stat.ctimeMs,
    () => 0,
  );
}
