/**
 * Takes one snapshot. At any moment, a kill and a full disk included, the last good one is whole and `latest` names it:
 *
 * 1. The archive is written under a temporary name, and synced.
 * 2. It is read back, and held against what was written.
 * 3. It is judged against the last good one.
 * 4. Its manifest and checksum get their names, and what `latest` will be is written; then the archive gets its own name: from here
 *    on it counts.
 * 5. `latest` moves, which takes no more room, and then the oldest go.
 */
import { createArchive } from './archive-writer.ts';
import type { ByteSink } from './byte-sink.ts';
import type { ByteSource } from './byte-source.ts';
import { isGood } from './catalogue.ts';
import { createRateLimit, type JobControl } from './control.ts';
import { archiveName } from './file-names.ts';
import type { Format } from './format-names.ts';
import { judge, removable, type SizeRules } from './keep.ts';
import type { Manifest } from './manifest.ts';
import { type PackSettings, pack } from './pack.ts';
import { type Place, workFolderOf } from './place.ts';
import { SnapshotProblem, Stopped } from './problem.ts';
import type { Draft, WritableShelf } from './shelf.ts';
import { readVerified } from './verify.ts';

export interface TakeSettings extends Omit<PackSettings, 'workFolder'>, SizeRules {
  readonly destination: Place;
  readonly name: string;
  readonly format: Format;
  readonly level: number;
  /** How much is read from the sources in a second, in bytes; undefined: no limit. */
  readonly limitBytesPerS: number | undefined;
  /** How many good snapshots stay. */
  readonly keep: number;
  /** What the manifest says of the sources. No secret. */
  readonly shownSources: readonly string[];
  readonly about: Pick<Manifest, 'hook' | 'container' | 'run' | 'task'>;
}

export interface Taken {
  readonly file: string;
  readonly manifest: Manifest;
  /** Old snapshots that went. */
  readonly removed: readonly string[];
  /** What killed runs had left. */
  readonly debris: readonly string[];
  /** Why some of that is still there. */
  readonly stuck: readonly string[];
}

/** Throws `SnapshotProblem` where there is no new snapshot; nothing of it is left then. */
export async function takeSnapshot(settings: TakeSettings, shelf: WritableShelf, control: JobControl): Promise<Taken> {
  const { name } = settings;
  const { removed: debris, stuck } = await shelf.prepare(name, control.clock.epochMs());
  const draft = await shelf.begin(name);
  try {
    const written = await writeArchive(settings, draft.sink, control);
    await readBack(settings, await draft.read(), written, control);
    control.throwIfStopped();
    const { file, manifest } = await publish(settings, shelf, draft, written);
    // A smaller one is kept beside the last good one, which stays the latest.
    if (manifest.smaller === null) await shelf.point(name, file);
    const removed = await removeOld(settings, shelf);
    return { file, manifest, removed, debris, stuck };
  } finally {
    await draft.discard();
  }
}

type Written = Omit<Manifest, 'archive' | 'smaller'>;

async function writeArchive(settings: TakeSettings, sink: ByteSink, control: JobControl): Promise<Written> {
  const { format, level, about } = settings;
  const startedMs = control.clock.monotonicMs();
  const takenAt = new Date(control.clock.epochMs()).toISOString();
  const limit = createRateLimit(settings.limitBytesPerS, control);
  const writer = createArchive(sink, { format, level, limit });
  try {
    const { counts, remarks, folder } = await pack(
      { ...settings, workFolder: workFolderOf(settings.destination) },
      writer,
      control,
    );
    const { sha256, bytes: archiveBytes } = await writer.finish();
    const durationMs = Math.round(control.clock.monotonicMs() - startedMs);
    const sources = [...settings.shownSources];
    return {
      version: 1,
      sha256,
      archiveBytes,
      format,
      takenAt,
      durationMs,
      sources,
      ...about,
      ...counts,
      remarks,
      folder,
    };
  } finally {
    await writer.close();
  }
}

async function readBack(
  { format }: TakeSettings,
  bytes: ByteSource,
  written: Written,
  control: JobControl,
): Promise<void> {
  try {
    await readVerified(bytes, format, written, control);
  } catch (error) {
    if (!(error instanceof SnapshotProblem) || error instanceof Stopped) throw error;
    throw new SnapshotProblem(`what was written ${error.message}`, true);
  }
}

/** Judges the new archive and gives it its name. */
async function publish(
  settings: TakeSettings,
  shelf: WritableShelf,
  draft: Draft,
  written: Written,
): Promise<{ readonly file: string; readonly manifest: Manifest }> {
  const { name, format } = settings;
  const listed = await shelf.list(name);
  const judgement = judge(written, listed.find(isGood)?.manifest, settings);
  if (judgement.kind === 'refused') throw new SnapshotProblem(judgement.why, false);
  const smaller = judgement.kind === 'beside' ? judgement.why : null;
  // The clock may have been set back: the newest must be the last all the same.
  for (let atMs = Math.max(Date.parse(written.takenAt), (listed[0]?.takenAtMs ?? 0) + 1); ; atMs += 1) {
    const { file } = archiveName(name, atMs, format);
    const manifest: Manifest = { ...written, archive: file, smaller };
    if (await draft.publish(manifest)) return { file, manifest };
  }
}

async function removeOld({ name, keep }: TakeSettings, shelf: WritableShelf): Promise<string[]> {
  const listed = await shelf.list(name);
  const old = removable(
    listed.map((each) => ({ ...each, good: isGood(each) })),
    keep,
  );
  for (const file of old) await shelf.remove(file);
  return old;
}
