import { readlinkSync, statSync } from 'node:fs';
import type { ArchiveWriter } from './archive-writer.ts';
import { bytesText, type Counts, createCensus } from './census.ts';
import type { JobControl } from './control.ts';
import { createFileCopier, entryOf } from './file-copy.ts';
import { excluder } from './glob.ts';
import { pointsInside, relativeTarget } from './inside.ts';
import type { FolderProperties } from './manifest.ts';
import { NameSet } from './name-set.ts';
import { attempting, codeOf, problemOf } from './problem.ts';
import { bytesOf, shownPath } from './raw-path.ts';
import { createRemarks, type Remarks } from './remarks.ts';
import { planSources, type SourcePlan } from './source-plan.ts';
import { RECORD_BYTES, type TarEntry } from './tar-header.ts';
import { type Found, type SourceItem, VANISHED, walk } from './walk.ts';

export interface PackSettings {
  /** Absolute paths of folders and files, and globs. */
  readonly sources: readonly string[];
  /** Files that were fetched for this archive, and their names at its root. */
  readonly fetched: readonly { readonly path: string; readonly name: string }[];
  readonly exclude: readonly string[];
  /** The folder that the archive, or what is fetched for it, is written to. */
  readonly workFolder: string;
}

export interface Packed {
  readonly counts: Counts;
  readonly remarks: Remarks;
  /** Undefined unless the source is one folder. */
  readonly folder: FolderProperties | undefined;
}

/**
 * Writes everything from the sources into an archive, and its end. Throws `SnapshotProblem` for what cannot be read, and what
 * the writer throws.
 */
export async function pack(settings: PackSettings, writer: ArchiveWriter, control: JobControl): Promise<Packed> {
  const census = createCensus();
  const remarks = createRemarks();
  const copier = createFileCopier(writer, control);
  const plan = settings.sources.length === 0 ? { root: '/', starts: [] } : planSources(settings.sources);
  const excluded = excluder(settings.exclude);
  const fetched = new Set(settings.fetched.map(({ name }) => name));
  /** A folder of that name is one with all that lies in it. */
  const isTaken = (name: string) => fetched.size > 0 && fetched.has(name.split('/', 1)[0] ?? '');

  async function put(entry: TarEntry): Promise<void> {
    census.add(entry);
    await writer.header(entry);
  }

  async function putFile(item: SourceItem, saved: NameSet): Promise<void> {
    const { name } = item;
    const copied = await copier.copy(item);
    if (copied.kind === 'leftOut') return remarks.add(name, copied.why);
    saved.add(name);
    for (const entry of copied.entries) census.add(entry);
    if (copied.kind === 'changed') remarks.add(name, 'changed while it was read');
  }

  async function putLink(found: Found & { readonly kind: 'link' }): Promise<void> {
    const written = linkTarget(found);
    if (written === undefined) return remarks.add(found.name, VANISHED);
    const target = relativeTarget(plan.root, found.name, written);
    if (!pointsInside(found.name, target)) {
      return remarks.add(found.name, `is a link that leads outside, to ${shownPath(written)}`);
    }
    if (target !== written) remarks.add(found.name, 'was an absolute link, and is in the archive as a relative one');
    await put(entryOf(found.stats, 'link', found.name, { target }));
  }

  for (const { path, name } of settings.fetched) await putFile({ at: path, path, name }, new NameSet());
  for (const found of walk(plan, { excluded, workFolder: settings.workFolder })) {
    control.throwIfStopped();
    if (isTaken(found.name)) remarks.add(found.name, 'has the name of what was fetched');
    else if (found.kind === 'file') {
      const quick = copier.copyQuickly(found);
      if (quick === undefined) await putFile(found, found.saved);
      else {
        census.add(quick);
        found.saved.add(found.name);
      }
    } else if (found.kind === 'folder') await put(entryOf(found.stats, 'folder', found.name));
    else if (found.kind === 'link') await putLink(found);
    else remarks.add(found.name, found.why);
    control.progress(() => `has copied ${census.counts().files} files, ${bytesText(census.counts().bytes)}`);
  }
  await writer.write(Buffer.alloc(2 * RECORD_BYTES));
  return { counts: census.counts(), remarks: remarks.all(), folder: folderOf(plan) };
}

function linkTarget({ at, path }: SourceItem): string | undefined {
  try {
    return readlinkSync(bytesOf(at), { encoding: 'latin1' });
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'EINVAL') return undefined;
    throw problemOf(`read ${shownPath(path)}`, error);
  }
}

function folderOf({ root, starts }: SourcePlan): FolderProperties | undefined {
  const [only] = starts;
  if (starts.length !== 1 || only?.name !== '' || only.matches !== undefined) return undefined;
  const { mode, uid, gid } = attempting(`read source ${shownPath(root)}`, () => statSync(bytesOf(root)));
  return { mode: mode & 0o7777, uid, gid };
}
