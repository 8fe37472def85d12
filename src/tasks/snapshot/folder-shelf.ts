import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileSink } from './byte-sink.ts';
import { fileSource } from './byte-source.ts';
import { listSnapshots } from './catalogue.ts';
import { removeDebris } from './debris.ts';
import { createDurably, renameDurably, syncFolder } from './durable.ts';
import { latestFile, SIDE_FILES, temporaryFile } from './file-names.ts';
import { encodeManifest, type Manifest } from './manifest.ts';
import { attempting, codeOf } from './problem.ts';
import type { Draft, WritableShelf } from './shelf.ts';
import type { OwnWriter } from './writer-process.ts';

/** A folder with snapshots. All that it does is synchronous, so that nothing of this process comes between. */
export function folderShelf(folder: string, own: OwnWriter): WritableShelf {
  return {
    list: (name) => listSnapshots(folder, name),
    read: (file) => fileSource(join(folder, file)),
    prepare(name, nowMs) {
      makeFolder(folder);
      return removeDebris(folder, name, own, nowMs);
    },
    begin: (name) =>
      beginDraft(folder, {
        archive: join(folder, temporaryFile(name, own, 'archive')),
        latest: join(folder, temporaryFile(name, own, 'latest')),
      }),
    point: (name) => renameDurably(join(folder, temporaryFile(name, own, 'latest')), join(folder, latestFile(name))),
    remove(file) {
      const path = join(folder, file);
      attempting(`remove ${path}`, () => {
        // The archive first: side files alone are debris, which goes with the next run.
        rmSync(path, { force: true });
        removeSideFiles(path);
      });
    },
    [Symbol.dispose]() {},
  };
}

function beginDraft(folder: string, temporary: { readonly archive: string; readonly latest: string }): Draft {
  const discard = () => {
    for (const path of Object.values(temporary)) rmSync(path, { force: true });
  };
  return {
    sink: fileSink(temporary.archive),
    read: () => fileSource(temporary.archive),
    publish(manifest) {
      const path = join(folder, manifest.archive);
      // Before the archive counts: a disk that has no room for the one must not keep the other.
      if (manifest.smaller === null) writePointer(temporary.latest, manifest.archive);
      if (!claim(path, manifest)) return false;
      nameArchive(folder, temporary.archive, path);
      return true;
    },
    discard,
  };
}

/** What `latest` will be. */
function writePointer(path: string, archive: string): void {
  attempting(`write ${path}`, () => {
    rmSync(path, { force: true });
    createDurably(path, `${archive}\n`);
  });
}

/** The folder's parent has to be there: a volume that is not mounted must not be made up. */
export function makeFolder(folder: string): void {
  attempting(`make the folder ${folder}`, () => {
    try {
      mkdirSync(folder);
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    }
  });
}

/** Makes the side files; false when somebody else has that name. */
function claim(path: string, manifest: Manifest): boolean {
  return attempting(`write ${path}.json`, () => {
    let ours = false;
    try {
      createDurably(`${path}.json`, encodeManifest(manifest));
      ours = true;
      createDurably(`${path}.sha256`, `${manifest.sha256}  ${manifest.archive}\n`);
      return true;
    } catch (error) {
      if (codeOf(error) === 'EEXIST' && !ours) return false;
      removeSideFiles(path);
      throw error;
    }
  });
}

function nameArchive(folder: string, temporary: string, path: string): void {
  attempting(`write ${path}`, () => {
    try {
      renameSync(temporary, path);
      syncFolder(folder);
    } catch (error) {
      rmSync(path, { force: true });
      removeSideFiles(path);
      throw error;
    }
  });
}

function removeSideFiles(path: string): void {
  for (const extension of SIDE_FILES) rmSync(path + extension, { force: true });
}
