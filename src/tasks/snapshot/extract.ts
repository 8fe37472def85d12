import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  ftruncateSync,
  futimesSync,
  lchownSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  symlinkSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { pointsInside, whyUnsafeName } from './inside.ts';
import { attempting, codeOf, SnapshotProblem } from './problem.ts';
import { bytesOf, joinRaw, shownPath } from './raw-path.ts';
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

interface OpenFile {
  readonly fd: number;
  readonly entry: TarEntry;
  at: number;
}

/** So many zeros at a time are not written: a sparse file stays one, in bytes. */
const HOLE_BYTES = 64 * 1024;
const ZEROS = Buffer.alloc(HOLE_BYTES);

/**
 * Links are made as they come, but nothing is ever written through one: each folder above a name is looked at, each file is
 * new, and the owner of the archive's root is not touched.
 */
export function createExtractor(root: string): Extractor {
  let file: OpenFile | undefined;
  /** Folders whose times and modes are set when all in them is written. */
  const folders: { readonly path: string; readonly entry: TarEntry }[] = [];
  let knownParent = '';
  let ownersLost = 0;

  /** Throws unless all folders above are real ones. */
  function checkParents(name: string): void {
    const parent = name.slice(0, Math.max(0, name.lastIndexOf('/')));
    if (parent === knownParent) return;
    for (let end = parent.indexOf('/'); ; end = parent.indexOf('/', end + 1)) {
      const above = end === -1 ? parent : parent.slice(0, end);
      const stats = lstatSync(bytesOf(joinRaw(root, above)), { throwIfNoEntry: false });
      if (stats?.isDirectory() !== true) throw refused(name, 'it does not lie in a folder of the archive');
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
        lutimesSync(bytesOf(path), entry.mtimeS, entry.mtimeS);
        return;
      case 'file': {
        if (entry.again) unlinkSync(bytesOf(path));
        const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
        file = { fd: openSync(bytesOf(path), flags, 0o600), entry, at: 0 };
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
    const kept = setOwner(entry, (uid, gid) => fchownSync(fd, uid, gid));
    // With another owner, set-user-ID would give rights that nobody meant.
    fchmodSync(fd, kept ? entry.mode : entry.mode & 0o1777);
    futimesSync(fd, entry.mtimeS, entry.mtimeS);
  }

  function setOwner({ uid, gid }: TarEntry, set: (uid: number, gid: number) => void): boolean {
    try {
      set(uid, gid);
      return true;
    } catch (error) {
      if (codeOf(error) !== 'EPERM' && codeOf(error) !== 'EINVAL') throw error;
      ownersLost += 1;
      return false;
    }
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

function refused(name: string, why: string): SnapshotProblem {
  return new SnapshotProblem(
    `is refused for its entry ${JSON.stringify(shownPath(name).slice(0, 200))}: ${why}`,
    false,
  );
}

function writeWithHoles(file: OpenFile, bytes: Buffer): void {
  attempting(`write ${shownPath(file.entry.name)}`, () => {
    let from = 0;
    for (let at = 0; at < bytes.length; at += HOLE_BYTES) {
      const end = Math.min(at + HOLE_BYTES, bytes.length);
      if (!bytes.subarray(at, end).equals(ZEROS)) continue;
      writeAll(file.fd, bytes.subarray(from, at), file.at + from);
      from = end;
    }
    writeAll(file.fd, bytes.subarray(from), file.at + from);
    file.at += bytes.length;
  });
}

function writeAll(fd: number, bytes: Buffer, position: number): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done, bytes.length - done, position + done);
}
