import * as z from 'zod/mini';
import { FORMATS } from './format-names.ts';
import { remarksSchema } from './remarks.ts';

const count = z.int().check(z.gte(0));

/** Of the folder that was saved, which has no name in the archive. */
const folderProperties = z.object({
  /** Permission bits. */
  mode: z.int().check(z.gte(0), z.lte(0o7777)),
  uid: count,
  gid: count,
});
export type FolderProperties = z.infer<typeof folderProperties>;

/** What stands beside an archive: what is in it, and where it comes from. Others may read it: fields are only added. */
const manifestSchema = z.object({
  version: z.literal(1),
  /** The archive's file, beside this one. */
  archive: z.string(),
  /** Of the archive as it is on the disk. */
  sha256: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
  archiveBytes: count,
  format: z.enum(FORMATS),
  /** When it was begun, on the wall clock: ISO 8601. */
  takenAt: z.string(),
  durationMs: z.number(),
  sources: z.array(z.string()),
  hook: z.string(),
  container: z.string(),
  run: z.string(),
  task: z.string(),
  files: count,
  folders: count,
  links: count,
  /** The content of all files together. */
  bytes: count,
  remarks: remarksSchema,
  /** Where the source is one folder. */
  folder: z.optional(folderProperties),
  /** Why it does not count as the last good one; null: it does. */
  smaller: z.nullable(z.string()),
});
export type Manifest = z.infer<typeof manifestSchema>;

/** For the disk. */
export function encodeManifest(manifest: Manifest): string {
  return `${JSON.stringify(manifest, undefined, 2)}\n`;
}

/** Undefined for what is no manifest. Never throws. */
export function decodeManifest(text: string): Manifest | undefined {
  try {
    const parsed = z.safeParse(manifestSchema, JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
