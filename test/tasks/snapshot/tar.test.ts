import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pointsInside, relativeTarget, whyUnsafeName } from '../../../src/tasks/snapshot/inside.ts';
import { SnapshotProblem } from '../../../src/tasks/snapshot/problem.ts';
import { LONGEST_HEADER_BYTES, paxRecord, type TarEntry, writeHeader } from '../../../src/tasks/snapshot/tar-header.ts';
import { createTarReader, type TarPart } from '../../../src/tasks/snapshot/tar-reader.ts';
import { tarOf } from './archives.ts';

const raw = (maxLength: number) =>
  fc
    .uint8Array({ minLength: 1, maxLength })
    .map((bytes) => Buffer.from(bytes).toString('latin1').replaceAll(/[\0/]/g, '_'));

const entry: fc.Arbitrary<TarEntry> = fc
  .record({
    type: fc.constantFrom('file' as const, 'folder' as const, 'link' as const),
    name: raw(4096),
    mode: fc.integer({ min: 0, max: 0o7777 }),
    uid: fc.integer({ min: 0, max: 0xffffffff }),
    gid: fc.integer({ min: 0, max: 0xffffffff }),
    // In the time between, from 2106 to 2242, a double is no longer exact to the microsecond that the header has.
    mtimeS: fc
      .oneof(fc.integer({ min: -(2 ** 40), max: 1000 * 2 ** 32 }), fc.integer({ min: 2 ** 43, max: 2 ** 45 }))
      .map((ms) => ms / 1000),
    size: fc.constantFrom(0, 1, 0o77777777777, 0o77777777777 + 1, 2 ** 50),
    target: raw(4096),
    again: fc.boolean(),
  })
  .map((each) => ({
    ...each,
    size: each.type === 'file' ? each.size : 0,
    target: each.type === 'link' ? each.target : '',
  }));

/** What is read from these bytes, or the problem. */
function read(bytes: Buffer, pieceBytes: number): TarPart[] | string {
  const reader = createTarReader();
  const parts: TarPart[] = [];
  try {
    for (let at = 0; at < bytes.length; at += pieceBytes)
      parts.push(...reader.push(bytes.subarray(at, at + pieceBytes)));
    reader.end();
    return parts;
  } catch (error) {
    if (error instanceof SnapshotProblem) return error.message;
    throw error;
  }
}

describe('a header', () => {
  it('is read as it was written, whatever is in it, and is no longer than there is room for', () => {
    fc.assert(
      fc.property(entry, (written) => {
        const bytes = Buffer.alloc(LONGEST_HEADER_BYTES);
        const end = writeHeader(written, bytes, 0);
        expect(end % 512).toBe(0);
        const reader = createTarReader();
        expect([...reader.push(bytes.subarray(0, end))]).toEqual([{ kind: 'entry', entry: written }]);
      }),
    );
  });

  it('of a name that fits is one record, also with a time to the microsecond', () => {
    const [part] = read(tarOf([{ name: 'a', mtimeS: 1_700_000_000.123456 }]), 512);
    expect(part).toMatchObject({ entry: { mtimeS: 1_700_000_000.123456 } });
    expect(tarOf([{ name: 'a', mtimeS: 1_700_000_000.123456 }])).toHaveLength(3 * 512);
  });
});

describe('the reader', () => {
  it('gives the same for any pieces that are whole records', () => {
    const tar = tarOf([
      { name: 'a', content: 'x'.repeat(700) },
      { name: 'b'.repeat(300), content: '' },
      { name: 'c', content: 'z'.repeat(1024) },
    ]);
    const contents = (parts: TarPart[] | string) =>
      Array.isArray(parts)
        ? Buffer.concat(parts.flatMap((part) => (part.kind === 'content' ? [part.bytes] : []))).toString()
        : parts;
    const whole = contents(read(tar, tar.length));
    expect(whole).toBe('x'.repeat(700) + 'z'.repeat(1024));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), (records) => {
        expect(contents(read(tar, records * 512))).toBe(whole);
      }),
    );
  });

  it('takes a time from an extended header, where archives of earlier versions have it', () => {
    const time = { name: 'pax/a', content: paxRecord('mtime', '1234.567890'), flag: 'x' };
    const [part] = read(tarOf([time, { name: 'a', content: 'x' }]), 512);
    expect(part).toMatchObject({ entry: { name: 'a', mtimeS: 1234.56789 } });
  });

  it('refuses what is none with a sentence, for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), fc.integer({ min: 1, max: 4 }), (bytes, records) => {
        expect(typeof read(Buffer.from(bytes), records * 512)).toBe('string');
      }),
    );
  });

  it('never takes an archive with a byte changed in a header for a good one with other names', () => {
    const tar = tarOf([
      { name: 'folder', type: 'folder' },
      { name: 'é'.repeat(100), content: 'x' },
    ]);
    const names = (parts: TarPart[] | string) =>
      Array.isArray(parts) ? parts.flatMap((part) => (part.kind === 'entry' ? [part.entry.name] : [])) : undefined;
    const good = names(read(tar, tar.length));
    fc.assert(
      fc.property(fc.nat({ max: 511 }), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const bad = Buffer.from(tar);
        bad.writeUInt8(bad.readUInt8(at) ^ change, at);
        expect([undefined, good]).toContainEqual(names(read(bad, bad.length)));
      }),
    );
  });
});

describe('a name', () => {
  it('is safe exactly when it is the shortest form of a path below', () => {
    const part = fc.constantFrom('a', '..', '.', '', 'b c', '...');
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), (parts) => {
        const fine = parts.every((each) => !['..', '.', ''].includes(each));
        expect(whyUnsafeName(parts.join('/')) === undefined).toBe(fine);
      }),
    );
  });
});

describe('a link', () => {
  it.each([
    ['a', 'b', true],
    ['a', '.', true],
    ['a', '..', false],
    ['d/a', '..', true],
    ['d/a', '../..', false],
    ['d/e/a', '../../b/c', true],
    ['d/a', '../b/../c', false],
    ['a', '/etc', false],
    ['a', '', false],
  ])('%s to %s leads inside: %s', (name, target, inside) => {
    expect(pointsInside(name, target)).toBe(inside);
  });

  it.each([
    ['/data', 'a', '/data/b', 'b'],
    ['/data', 'd/a', '/data/b/c/', '../b/c'],
    ['/data', 'a', '/data', '.'],
    ['/data', 'd/a', '/data', '../'],
    ['/data', 'a', '/database/b', '/database/b'],
    ['/data', 'a', 'b', 'b'],
  ])('below %s, %s to %s is %s', (root, name, target, relative) => {
    expect(relativeTarget(root, name, target)).toBe(relative);
  });
});
