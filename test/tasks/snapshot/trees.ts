import { createHash } from 'node:crypto';
import {
  chmodSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import fc from 'fast-check';
import { bytesOf, joinRaw, rawOf } from '../../../src/tasks/snapshot/raw-path.ts';

/** Something in a folder, to be made. Names are raw bytes. */
export interface Node {
  readonly name: string;
  readonly mtimeS: number;
  readonly mode: number;
  readonly what:
    | { readonly kind: 'file'; readonly size: number; readonly sparse: boolean }
    | { readonly kind: 'folder'; readonly nodes: readonly Node[] }
    | { readonly kind: 'link'; readonly target: string };
}

/** Any bytes but a slash and NUL, valid UTF-8 or not, up to the longest that a file system takes. */
const name = fc
  .oneof(
    { weight: 3, arbitrary: fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' }).map(rawOf) },
    fc.uint8Array({ minLength: 1, maxLength: 20 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
    fc.integer({ min: 90, max: 255 }).map((length) => 'n'.repeat(length)),
  )
  .filter((text) => text.length <= 255 && !/[/\0]/.test(text) && !['.', '..', 'lost+found'].includes(text));

const mtimeS = fc.oneof(
  fc.integer({ min: 0, max: 2 ** 33 }),
  fc.integer({ min: 1, max: 2 ** 40 }).map((ms) => ms / 1000),
  fc.integer({ min: -100_000, max: -1 }),
);

/** Around the borders of a record, of what is read at once, and of a block. */
const size = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 2000 }) },
  fc.constantFrom(511, 512, 513, 262_143, 262_144, 262_145, 1_048_576, 1_050_000, 2_500_000),
);

const { nodes } = fc.letrec<{ nodes: readonly Node[] }>((tie) => ({
  nodes: fc.uniqueArray(
    fc.record({
      name,
      mtimeS,
      mode: fc.integer({ min: 0, max: 0o7777 }),
      what: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        fc.record({ kind: fc.constant('file' as const), size, sparse: fc.boolean() }),
        fc.record({ kind: fc.constant('link' as const), target: name }),
        fc.record({ kind: fc.constant('folder' as const), nodes: tie('nodes') }),
      ),
    }),
    { maxLength: 6, selector: (node) => node.name },
  ),
}));

/** The content of a folder. */
export const trees = nodes;

/** Who is not root can neither read nor enter everything. */
const LEAST_MODE = process.getuid?.() === 0 ? 0 : 0o700;

/** Makes a tree below a folder, whose path is raw. */
export function makeTree(folder: string, content: readonly Node[]): void {
  for (const { name: own, what, mode, mtimeS: seconds } of content) {
    const path = bytesOf(joinRaw(folder, own));
    if (what.kind === 'link') symlinkSync(bytesOf(what.target), path);
    else if (what.kind === 'folder') {
      mkdirSync(path);
      makeTree(joinRaw(folder, own), what.nodes);
    } else {
      writeFileSync(path, Buffer.alloc(what.sparse ? 0 : what.size, `${own} `));
      truncateSync(path, what.size);
    }
    if (what.kind !== 'link') chmodSync(path, mode | LEAST_MODE);
    // Node.js takes a negative number for now.
    const time = new Date(seconds * 1000);
    lutimesSync(path, seconds < 0 ? time : seconds, seconds < 0 ? time : seconds);
  }
}

/** All that a folder holds, by raw name: content, kind, mode, owner and time, this down to whole steps. */
export function treeOf(folder: string, stepMs = 1): Record<string, unknown> {
  const tree: Record<string, unknown> = {};
  const visit = (path: string, above: string) => {
    for (const own of readdirSync(bytesOf(path), { encoding: 'latin1' })) {
      const [below, whole] = [joinRaw(path, own), joinRaw(above, own)];
      const stats = lstatSync(bytesOf(below));
      // Node.js itself sets times to a microsecond or so.
      const mtimeMs = Math.floor(Math.round(stats.mtimeMs) / stepMs) * stepMs;
      const common = { uid: stats.uid, gid: stats.gid, mtimeMs };
      const mode = (stats.mode & 0o7777).toString(8);
      if (stats.isSymbolicLink()) {
        tree[whole] = { ...common, target: readlinkSync(bytesOf(below), { encoding: 'latin1' }) };
      } else if (stats.isDirectory()) {
        tree[whole] = { ...common, mode };
        visit(below, whole);
      } else {
        const sha1 = createHash('sha1')
          .update(readFileSync(bytesOf(below)))
          .digest('hex');
        tree[whole] = { ...common, mode, size: stats.size, sha1 };
      }
    }
  };
  visit(rawOf(folder), '');
  return tree;
}
