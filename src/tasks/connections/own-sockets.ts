import { readdirSync, readlinkSync } from 'node:fs';

const FOLDER = '/proc/self/fd';

/** The inodes of this process's sockets. Empty where the system does not tell. */
export function ownSocketInodes(): ReadonlySet<number> {
  const inodes = new Set<number>();
  for (const fd of descriptors()) {
    const inode = /^socket:\[(\d+)\]$/.exec(targetOf(fd))?.[1];
    if (inode !== undefined) inodes.add(Number(inode));
  }
  return inodes;
}

function descriptors(): string[] {
  try {
    return readdirSync(FOLDER);
  } catch {
    return [];
  }
}

/** Empty for one that was closed since. */
function targetOf(fd: string): string {
  try {
    return readlinkSync(`${FOLDER}/${fd}`);
  } catch {
    return '';
  }
}
