import {
  closeSync,
  constants,
  copyFileSync,
  fchmodSync,
  fchownSync,
  ftruncateSync,
  futimesSync,
  lchownSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  symlinkSync,
  unlinkSync,
} from 'node:fs';
import { pointsInside, whyUnsafeName } from './inside.ts';
import { type Given, giveOwner, modeFor } from './owner.ts';
import { attempting, codeOf, SnapshotProblem } from './problem.ts';
import { bytesOf, joinRaw, shownPath } from './raw-path.ts';
import { type OpenFile, writeWithHoles } from './sparse-file.ts';
import type { TarEntry } from './tar-header.ts';
import type { TarPart } from './tar-reader.ts';

/** Writes what an archive holds into a new folder that nobody else uses. */
export interface Extractor {
  /** Takes the parts in their order. Throws `SnapshotProblem` for what cannot be written, and for what is hostile. */
  visit(part: TarPart): void;
  /** All is written, with its times and modes, but not synced. Throws `SnapshotProblem`. */
  finish(): void;
  /** Closes what is open, whatever happened. */
  close(): void;
  /** How many entries could not get the owner they had. */
  ownersLost(): number;
}

/** What file systems without hard links say, or one where a file has too many: there it becomes a file of its own. */
const CANNOT_LINK = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK', 'ENOSYS'];

/**
 * Links are made as they come, but nothing is ever written through one: each folder above a name is looked at, each file is
 * new.
 */
export function createExtractor(root: string): Extractor {
  let file: OpenFile | undefined;
  /** Folders whose times and modes are set when all in them is written. */
  const folders: { readonly path: string; readonly entry: TarEntry }[] = [];
  let knownParent = '';
  let ownersLost = 0;

  /** Throws unless all folders above are real ones. `whose` is the entry. */
  function checkParents(name: string, whose = name): void {
    const parent = name.slice(0, Math.max(0, name.lastIndexOf('/')));
    if (parent === knownParent) return;
    for (let end = parent.indexOf('/'); ; end = parent.indexOf('/', end + 1)) {
      const above = end === -1 ? parent : parent.slice(0, end);
      const stats = lstatSync(bytesOf(joinRaw(root, above)), { throwIfNoEntry: false });
      if (stats?.isDirectory() !== true) throw refused(whose, 'it does not lie in a folder of the archive');
      if (end === -1) break;
    }
    knownParent = parent;
  }

  function begin(entry: TarEntry): void {
    const { name, type, target } = entry;
    const why = whyUnsafeName(name);
    if (why !== undefined) throw refused(name, why);
    leaveFolders(name);
    checkParents(name);
    const path = joinRaw(root, name);
    switch (type) {
      case 'folder':
        mkdirSync(bytesOf(path), 0o700);
        folders.push({ path, entry });
        return;
      case 'link':
        if (!pointsInside(name, target))
          throw refused(name, `it is a link that leads outside, to ${shownPath(target)}`);
        symlinkSync(bytesOf(target), bytesOf(path));
        setOwner(entry, (uid, gid) => lchownSync(bytesOf(path), uid, gid));
        lutimesSync(bytesOf(path), timeOf(entry), timeOf(entry));
        return;
      case 'hardLink':
        linkTo(entry, path);
        return;
      case 'file': {
        if (entry.again) unlinkSync(bytesOf(path));
        const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
        file = { fd: openSync(bytesOf(path), flags, 0o600), entry, at: 0 };
      }
    }
  }

  /** Only to a file that this archive has brought itself. */
  function linkTo(entry: TarEntry, path: string): void {
    const { name, target } = entry;
    const why = whyUnsafeName(target);
    if (why !== undefined) throw refused(name, `it is a hard link to ${shownPath(target)}: ${why}`);
    checkParents(target, name);
    const first = joinRaw(root, target);
    if (lstatSync(bytesOf(first), { throwIfNoEntry: false })?.isFile() !== true) {
      throw refused(name, `it is a hard link to ${shownPath(target)}, which is no file of the archive`);
    }
    try {
      linkSync(bytesOf(first), bytesOf(path));
    } catch (error) {
      if (!CANNOT_LINK.includes(codeOf(error))) throw error;
      copyFileSync(bytesOf(first), bytesOf(path), constants.COPYFILE_EXCL);
      const fd = openSync(bytesOf(path), constants.O_RDONLY | constants.O_NOFOLLOW);
      try {
        setProperties(fd, entry);
      } finally {
        closeSync(fd);
      }
    }
  }

  function endFile(): void {
    if (file === undefined) return;
    const { fd, entry } = file;
    ftruncateSync(fd, entry.size);
    setProperties(fd, entry);
    closeSync(fd);
    file = undefined;
  }

  function leaveFolders(name: string): void {
    for (let last = folders.at(-1); last !== undefined; last = folders.at(-1)) {
      if (name.startsWith(`${last.entry.name}/`)) return;
      folders.pop();
      const fd = openSync(bytesOf(last.path), constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
      try {
        setProperties(fd, last.entry);
      } finally {
        closeSync(fd);
      }
    }
  }

  function setProperties(fd: number, entry: TarEntry): void {
    const given = setOwner(entry, (uid, gid) => fchownSync(fd, uid, gid));
    fchmodSync(fd, modeFor(entry.mode, given, entry.type === 'folder'));
    futimesSync(fd, timeOf(entry), timeOf(entry));
  }

  function setOwner(entry: TarEntry, set: (uid: number, gid: number) => void): Given {
    const given = giveOwner(entry, set);
    if (given !== 'both') ownersLost += 1;
    return given;
  }

  return {
    visit(part) {
      if (part.kind === 'content') {
        if (file !== undefined) writeWithHoles(file, part.bytes);
        return;
      }
      attempting(`write below ${shownPath(root)}`, endFile);
      const { name } = part.entry;
      attempting(`write ${shownPath(joinRaw(root, name))}`, () => {
        try {
          begin(part.entry);
        } catch (error) {
          if (codeOf(error) === 'EEXIST') throw refused(name, 'it comes twice');
          throw error;
        }
      });
    },
    finish() {
      attempting(`write below ${shownPath(root)}`, () => {
        endFile();
        leaveFolders('');
      });
    },
    close() {
      if (file !== undefined) closeSync(file.fd);
      file = undefined;
    },
    ownersLost: () => ownersLost,
  };
}

/** Node.js takes a negative number for now, but a date before 1970 for what it is, to the millisecond. */
function timeOf({ mtimeS }: TarEntry): number | Date {
  return mtimeS < 0 ? new Date(mtimeS * 1000) : mtimeS;
}

function refused(name: string, why: string): SnapshotProblem {
  return new SnapshotProblem(
    `is refused for its entry ${JSON.stringify(shownPath(name).slice(0, 200))}: ${why}`,
    false,
  );
}
