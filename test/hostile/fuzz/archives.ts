import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import fc from 'fast-check';
import { FORMATS } from '../../../src/tasks/snapshot/format-names.ts';
import { decodeManifest, encodeManifest } from '../../../src/tasks/snapshot/manifest.ts';
import { countsOf, type Made, publish, tarOf } from '../../tasks/snapshot/archives.ts';
import { type Stage, stage } from '../../tasks/snapshot/stage.ts';
import { must, spoilt, type Target, target } from './target.ts';

/** Where an archive may try to get: beside the folder, in the folder above, by an absolute path. */
const ESCAPED = `escaped-${process.pid}`;
const ABOVE = join(tmpdir(), ESCAPED);

const NAMES = [
  'a',
  'b',
  'a/b',
  'a/b/c',
  '..',
  `../${ESCAPED}`,
  `../../${ESCAPED}`,
  `a/../../${ESCAPED}`,
  ABOVE,
  '.',
  '',
  'a//b',
  'é',
  'a\nb',
];
const made: fc.Arbitrary<Made> = fc.record(
  {
    name: fc.oneof(fc.constantFrom(...NAMES), fc.string({ maxLength: 300 })),
    type: fc.constantFrom('file', 'folder', 'link', 'hardLink'),
    content: fc.constantFrom('', 'x', 'y'.repeat(600)),
    target: fc.oneof(fc.constantFrom(...NAMES, '../../etc/passwd', '/etc'), fc.string({ maxLength: 300 })),
    again: fc.boolean(),
    mode: fc.nat(0o7777),
    flag: fc.constantFrom('0', '2', '3', '5', '6', 'x', 'g', 'L', 'S', '\0'),
  },
  { requiredKeys: ['name'] },
);
const GOOD: readonly Made[] = [
  { name: 'a', type: 'folder', mode: 0o755 },
  { name: 'a/b', content: 'content' },
  { name: 'a/l', type: 'link', target: 'b' },
  { name: 'c', type: 'hardLink', target: 'a/b' },
];
const TAR_PARTS = [
  '../',
  '/',
  '\0',
  '5',
  '2',
  '1',
  'ustar',
  `${String(`00 path=../../${ESCAPED}\n`.length)} path=../../${ESCAPED}\n`,
  '7777777',
  '\x80\xff\xff\xff',
];

const anyArchive = fc.record({
  format: fc.constantFrom(...FORMATS),
  content: fc.oneof(
    fc.array(made, { maxLength: 8 }).map((entries) => ({ made: entries, tar: tarOf(entries) })),
    spoilt(tarOf(GOOD), TAR_PARTS).map((tar) => ({ made: GOOD, tar })),
  ),
  /** Where, and by what, compressed bytes are changed. */
  changes: fc.array(fc.record({ at: fc.nat(2000), by: fc.integer({ min: 1, max: 255 }) }), { maxLength: 3 }),
  cut: fc.option(fc.nat(2000), { nil: undefined }),
});

/** Restores hand-made and spoilt archives whose checksums are right. */
export const archives: Target = {
  name: 'archives on restore',
  async run(bounds) {
    const on = await stage();
    const beside = [...readdirSync(dirname(on.source)), 'snapshots', 'restored'].toSorted();
    return target('archives on restore', anyArchive, async ({ format, content, changes, cut }) => {
      rmSync(on.to, { recursive: true, force: true });
      rmSync(on.destination, { recursive: true, force: true });
      const file = await publish(on.destination, content.tar, countsOf(content.made), format);
      spoil(join(on.destination, file), changes, cut);
      const end = await on.restore();
      must(end.kind === 'restored' || end.kind === 'failed', end.kind);
      const there = readdirSync(dirname(on.source)).toSorted();
      must(
        there.every((name) => beside.includes(name)),
        `beside it: ${there.join(', ')}`,
      );
      must(!existsSync(ABOVE), 'it got into the folder above');
      must(readdirSync(on.source).length === 0, 'the source was written to');
      must(end.kind !== 'failed' || end.reason !== '', 'failed without a reason');
      mustStayInside(on, end.kind === 'failed');
    }).run(bounds);
  },
};

/** Changes an archive, and its manifest so that length and checksum are right again. */
function spoil(path: string, changes: readonly { at: number; by: number }[], cut: number | undefined): void {
  const bytes = readFileSync(path).subarray(0, cut);
  for (const { at, by } of changes) if (at < bytes.length) bytes.writeUInt8(bytes.readUInt8(at) ^ by, at);
  writeFileSync(path, bytes);
  const manifest = decodeManifest(readFileSync(`${path}.json`, 'utf8'));
  if (manifest === undefined) throw new Error('no manifest');
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  writeFileSync(`${path}.json`, encodeManifest({ ...manifest, archiveBytes: bytes.length, sha256 }));
}

function mustStayInside({ to }: Stage, failed: boolean): void {
  const inside = below(Buffer.from(to)).map((path) => ({ path, stat: lstatSync(path) }));
  must(!failed || inside.length === 0, `a failed restore left ${inside.map(({ path }) => String(path)).join(', ')}`);
  for (const { path, stat } of inside) {
    must(
      stat.isFile() || stat.isDirectory() || stat.isSymbolicLink(),
      `${String(path)} is neither file, folder nor link`,
    );
    if (stat.isFile()) {
      const names = inside.filter((other) => other.stat.ino === stat.ino && other.stat.dev === stat.dev);
      must(names.length === stat.nlink, `${String(path)} has a name outside`);
    }
    if (stat.isSymbolicLink()) {
      const leads = resolve(dirname(path.toString()), readlinkSync(path));
      must(leads === to || leads.startsWith(`${to}/`), `the link ${String(path)} leads to ${leads}`);
    }
  }
}

/** All that is in a folder, as bytes: not each name is UTF-8. */
function below(folder: Buffer): Buffer[] {
  if (lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return [];
  return readdirSync(folder, { encoding: 'buffer' }).flatMap((name) => {
    const path = Buffer.concat([folder, Buffer.from('/'), name]);
    return [path, ...below(path)];
  });
}
