import type { Stats } from 'node:fs';

/** A folder of millions of links must not need memory without end: names beyond are files of their own. */
const MOST_KNOWN = 100_000;

/** Knows the files with several names that are in the archive already. */
export interface HardLinks {
  /** The first name of a file in the archive; undefined where this is its first. */
  firstNameOf(stats: Stats): string | undefined;
  /** A file is in the archive under this name. */
  remember(stats: Stats, name: string): void;
}

export function createHardLinks(): HardLinks {
  const known = new Map<string, { readonly name: string; namesLeft: number }>();
  return {
    firstNameOf(stats) {
      if (stats.nlink < 2) return undefined;
      const key = keyOf(stats);
      const first = known.get(key);
      if (first === undefined) return undefined;
      first.namesLeft -= 1;
      if (first.namesLeft <= 0) known.delete(key);
      return first.name;
    },
    remember(stats, name) {
      if (stats.nlink < 2 || known.size >= MOST_KNOWN) return;
      known.set(keyOf(stats), { name, namesLeft: stats.nlink - 1 });
    },
  };
}

/** File systems give the number of a removed file to the next one: when it was made tells the two apart. */
function keyOf({ dev, ino, birthtimeMs }: Stats): string {
  return `${dev}:${ino}:${birthtimeMs}`;
}
