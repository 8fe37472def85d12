import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createArchive } from '../../../src/tasks/snapshot/archive-writer.ts';
import { fileSink } from '../../../src/tasks/snapshot/byte-sink.ts';
import type { Counts } from '../../../src/tasks/snapshot/census.ts';
import { archiveName } from '../../../src/tasks/snapshot/file-names.ts';
import type { Format } from '../../../src/tasks/snapshot/format-names.ts';
import { encodeManifest, type Manifest } from '../../../src/tasks/snapshot/manifest.ts';
import { LONGEST_HEADER_BYTES, paddingOf, type TarEntry, writeHeader } from '../../../src/tasks/snapshot/tar-header.ts';

/** An entry of an archive that somebody made by hand. */
export interface Made extends Partial<TarEntry> {
  readonly name: string;
  readonly content?: string;
  /** Instead of the type's own flag, in the header. */
  readonly flag?: string;
}

/** A tar archive of these entries, its end included. */
export function tarOf(entries: readonly Made[]): Buffer {
  const parts = entries.map(({ content = '', flag, ...rest }) => {
    const entry: TarEntry = {
      type: 'file',
      mode: 0o644,
      uid: process.getuid?.() ?? 0,
      gid: process.getgid?.() ?? 0,
      mtimeS: 1000,
      size: content.length,
      target: '',
      again: false,
      ...rest,
    };
    const header = Buffer.alloc(LONGEST_HEADER_BYTES);
    const end = writeHeader(entry, header, 0);
    if (flag !== undefined) setFlag(header, end - 512, flag);
    return Buffer.concat([header.subarray(0, end), Buffer.from(content), Buffer.alloc(paddingOf(content.length))]);
  });
  return Buffer.concat([...parts, Buffer.alloc(1024)]);
}

function setFlag(header: Buffer, at: number, flag: string): void {
  const sum = Number.parseInt(header.toString('latin1', at + 148, at + 154), 8);
  const next = sum - header.readUInt8(at + 156) + flag.charCodeAt(0);
  header.write(flag, at + 156, 'latin1');
  header.write(next.toString(8).padStart(6, '0'), at + 148, 'latin1');
}

/** Puts an archive with these bytes into a folder, with a manifest and a checksum that are right: only its content can be wrong. */
export async function publish(
  folder: string,
  tar: Buffer,
  counts: Counts,
  format: Format = 'tar.zst',
): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const { file } = archiveName('app', Date.UTC(2026, 0, 1), format);
  const writer = createArchive(fileSink(join(folder, file)), { format, level: 1, limit: { take: async () => {} } });
  await writer.write(tar);
  await writer.finish();
  await writer.close();
  const bytes = readFileSync(join(folder, file));
  const manifest: Manifest = {
    version: 1,
    archive: file,
    archiveBytes: bytes.length,
    format,
    takenAt: '2026-01-01T00:00:00.000Z',
    sha256: createHash('sha256').update(bytes).digest('hex'),
    durationMs: 1,
    sources: ['/data'],
    hook: 'preStop',
    container: 'app',
    run: 'run-1',
    task: 'save',
    remarks: { count: 0, first: [] },
    ...counts,
    smaller: null,
  };
  writeFileSync(join(folder, `${file}.json`), encodeManifest(manifest));
  return file;
}

/** The counts that such entries have. */
export function countsOf(entries: readonly Made[]): Counts {
  const count = (type: string) => entries.filter((entry) => (entry.type ?? 'file') === type && !entry.again).length;
  const bytes = entries.reduce((sum, { content = '' }) => sum + content.length, 0);
  return { files: count('file'), folders: count('folder'), links: count('link'), bytes };
}
