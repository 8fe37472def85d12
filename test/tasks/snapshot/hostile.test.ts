import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeManifest, encodeManifest } from '../../../src/tasks/snapshot/manifest.ts';
import { countsOf, type Made, publish, tarOf } from './archives.ts';
import { plainControl, stage } from './stage.ts';

const FILE: Made = { name: 'good', content: 'content' };
const FOLDER: Made = { name: 'folder', type: 'folder', mode: 0o755 };

const HOSTILE: readonly [what: string, entries: readonly Made[], reason: string][] = [
  ['a name that goes up', [{ name: '../escaped', content: 'x' }], 'it goes up with ..'],
  ['a name that goes down and up', [FOLDER, { name: 'folder/../../escaped', content: 'x' }], 'it goes up with ..'],
  ['an absolute name', [{ name: '/tmp/escaped', content: 'x' }], 'it is absolute'],
  ['an empty name', [{ name: '', content: 'x' }], 'it is empty'],
  ['the folder itself', [{ name: '.', type: 'folder' }], 'it is not in its shortest form'],
  ['a name with an empty part', [FOLDER, { name: 'folder//x' }], 'it is not in its shortest form'],
  [
    'a link to an absolute path',
    [{ name: 'link', type: 'link', target: '/etc' }],
    'it is a link that leads outside, to /etc',
  ],
  ['a link that goes up', [{ name: 'link', type: 'link', target: '..' }], 'it is a link that leads outside, to ..'],
  [
    'a link that goes up further down',
    [FOLDER, { name: 'folder/link', type: 'link', target: 'x/../../..' }],
    'it is a link that leads outside, to x/../../..',
  ],
  [
    'links that lead out one after the other',
    [FOLDER, { name: 'folder/up', type: 'link', target: '..' }, { name: 'out', type: 'link', target: 'folder/up/..' }],
    'it is a link that leads outside, to folder/up/..',
  ],
  [
    'a file below a link',
    [FOLDER, { name: 'link', type: 'link', target: 'folder' }, { name: 'link/x', content: 'x' }],
    'it does not lie in a folder of the archive',
  ],
  [
    'a file in the place of a link',
    [
      { name: 'x', type: 'link', target: 'good' },
      { name: 'x', content: 'x' },
    ],
    'it comes twice',
  ],
  ['a file below a file', [FILE, { name: 'good/x', content: 'x' }], 'it does not lie in a folder of the archive'],
  ['a file in no folder', [{ name: 'nowhere/x', content: 'x' }], 'it does not lie in a folder of the archive'],
  ['a file twice', [FILE, FILE], 'it comes twice'],
  ['a folder twice', [FOLDER, FOLDER], 'it comes twice'],
  [
    'a second copy of another file',
    [FILE, { name: 'other', content: 'x', again: true }],
    'a second copy does not follow its first',
  ],
  [
    'a second copy of nothing',
    [{ name: 'other', content: 'x', again: true }],
    'a second copy does not follow its first',
  ],
  ['a hard link to an absolute path', [{ name: 'x', type: 'hardLink', target: '/etc/passwd' }], 'it is absolute'],
  ['a hard link that goes up', [{ name: 'x', type: 'hardLink', target: '../source' }], 'it goes up with ..'],
  ['a hard link to nothing', [{ name: 'x', type: 'hardLink', target: 'no' }], 'which is no file of the archive'],
  ['a hard link to itself', [{ name: 'x', type: 'hardLink', target: 'x' }], 'which is no file of the archive'],
  [
    'a hard link to a folder',
    [FOLDER, { name: 'x', type: 'hardLink', target: 'folder' }],
    'which is no file of the archive',
  ],
  [
    'a hard link to a link',
    [FILE, { name: 'l', type: 'link', target: 'good' }, { name: 'x', type: 'hardLink', target: 'l' }],
    'which is no file of the archive',
  ],
  [
    'a hard link through a link',
    [FOLDER, { name: 'l', type: 'link', target: 'folder' }, { name: 'x', type: 'hardLink', target: 'l/y' }],
    'it does not lie in a folder of the archive',
  ],
  [
    'a hard link with content',
    [FILE, { name: 'x', type: 'hardLink', target: 'good', content: 'x' }],
    'that is no file has content',
  ],
  ['a device', [{ name: 'x', flag: '3' }], 'it holds a device'],
  ['a FIFO', [{ name: 'x', flag: '6' }], 'it holds a FIFO'],
  ['an unknown entry', [{ name: 'x', flag: 'L' }], 'it holds an entry of type "L"'],
  ['a folder with content', [{ name: 'x', type: 'folder', content: 'x' }], 'an entry that is no file has content'],
];

describe('the restore of an archive with the right checksum', () => {
  it('that is as it should be goes well: the table below tests what it says', async () => {
    const on = await stage();
    const entries = [FOLDER, FILE, { name: 'folder/link', type: 'link', target: '../good' } as const];
    await publish(on.destination, tarOf(entries), countsOf(entries));
    expect(await on.restore()).toMatchObject({ restored: { kind: 'restored' } });
    expect(readdirSync(on.to).toSorted()).toEqual(['folder', 'good']);
  });

  it.each(HOSTILE)('but with %s is refused, and nothing of it is left anywhere', async (_what, entries, reason) => {
    const on = await stage();
    const all = [{ name: 'first', content: 'first' }, ...entries];
    const file = await publish(on.destination, tarOf(all), countsOf(all));
    const before = readdirSync(dirname(on.source)).toSorted();
    const end = await on.restore();
    expect(end).toMatchObject({ kind: 'failed', retryable: false });
    expect(end).toMatchObject({ reason: expect.stringContaining(`${file} `) });
    expect(end).toMatchObject({ reason: expect.stringContaining(reason) });
    expect(readdirSync(on.to)).toEqual([]);
    expect(readdirSync(dirname(on.source)).toSorted()).toEqual([...before, 'restored'].toSorted());
    expect(existsSync('/tmp/escaped')).toBe(false);
  });

  it('but cut off at any place is refused', async () => {
    const tar = tarOf([FOLDER, FILE, { name: 'folder/x', content: 'y'.repeat(1000) }]);
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: tar.length - 1 }), async (length) => {
        const on = await stage();
        await publish(on.destination, tar.subarray(0, length), { files: 2, folders: 1, links: 0, bytes: 1007 });
        expect(await on.restore()).toMatchObject({ kind: 'failed', retryable: false });
        expect(readdirSync(on.to)).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });

  it('but with something behind its end is refused', async () => {
    const on = await stage();
    await publish(on.destination, Buffer.concat([tarOf([FILE]), tarOf([{ name: 'more' }])]), countsOf([FILE]));
    expect(await on.restore()).toMatchObject({ reason: expect.stringContaining('something follows its end') });
  });

  it('but that holds other things than its manifest says is refused', async () => {
    const on = await stage();
    await publish(on.destination, tarOf([FILE]), { files: 2, folders: 0, links: 0, bytes: 7 });
    expect(await on.restore()).toMatchObject({
      reason: expect.stringContaining('is damaged: it does not hold what its manifest says'),
    });
  });
});

describe('an archive on a bad disk', () => {
  it.each(['tar.zst', 'tar.gz', 'tar'] as const)(
    'as %s is found to be bad for any byte that is another',
    async (format) => {
      const on = await stage();
      for (let index = 0; index < 20; index += 1)
        writeFileSync(join(on.source, `f${index}`), `content ${index} `.repeat(99));
      await on.take({ format });
      const path = join(on.destination, on.archives()[0] ?? '');
      const good = readFileSync(path);
      await fc.assert(
        fc.asyncProperty(fc.nat({ max: good.length - 1 }), fc.integer({ min: 1, max: 255 }), async (at, change) => {
          const bad = Buffer.from(good);
          bad.writeUInt8(bad.readUInt8(at) ^ change, at);
          writeFileSync(path, bad);
          expect(await on.damages()).not.toEqual([undefined]);
          expect(await on.restore()).toMatchObject({ kind: 'failed' });
          expect(readdirSync(on.to)).toEqual([]);
        }),
        { numRuns: 40 },
      );
      writeFileSync(path, good);
      expect(await on.damages()).toEqual([undefined]);
    },
  );

  it('is passed over for the good one before it, aloud', async () => {
    const on = await stage();
    writeFileSync(join(on.source, 'f'), 'one');
    await on.take();
    writeFileSync(join(on.source, 'f'), 'two');
    await on.take();
    const [older = '', newer = ''] = on.archives();
    truncateSync(join(on.destination, newer), 10);
    expect(await on.restore()).toMatchObject({
      restored: { file: older, passedOver: [{ file: newer, why: expect.stringContaining('it has 10 bytes') }] },
    });
    expect(readFileSync(join(on.to, 'f'), 'utf8')).toBe('one');
  });

  it.each([
    ['gone', () => undefined],
    ['no JSON', () => '{'],
    ['of another archive', (text: string) => text.replace(/app-2/, 'app-1')],
    ['of another version', (text: string) => text.replace('"version": 1', '"version": 2')],
    ['of another checksum', (text: string) => text.replace(/"sha256": "../, '"sha256": "zz')],
  ])('whose manifest is %s is bad', async (_what, change) => {
    const on = await stage();
    writeFileSync(join(on.source, 'f'), 'one');
    await on.take();
    const path = join(on.destination, `${on.archives()[0]}.json`);
    const changed = change(readFileSync(path, 'utf8'));
    if (changed === undefined) (await import('node:fs')).rmSync(path);
    else writeFileSync(path, changed);
    expect(await on.damages()).toEqual([expect.stringMatching(/manifest/)]);
    expect(await on.restore()).toMatchObject({ kind: 'failed' });
  });
});

describe('a manifest', () => {
  it('that is anything at all is decoded or refused, never thrown on', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(decodeManifest(text)).toBeUndefined();
      }),
    );
  });

  it('reads back as it was written', async () => {
    const on = await stage();
    const end = await on.take();
    const manifest = end.kind === 'taken' ? end.taken.manifest : undefined;
    if (manifest === undefined) throw new Error('no snapshot');
    expect(decodeManifest(encodeManifest(manifest))).toEqual(manifest);
    const bytes = readFileSync(join(on.destination, manifest.archive));
    expect(manifest.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
    expect(plainControl.clock.epochMs() - Date.parse(manifest.takenAt)).toBeGreaterThanOrEqual(0);
    mkdirSync(on.to);
  });
});

describe('a snapshot of a folder that somebody else writes into', () => {
  it.each([
    ['before it is entered', 1],
    ['while it is read', 2],
  ])('has nothing of what a link leads to that takes the place of a folder %s', async (_when, atStep) => {
    const on = await stage();
    const [folder, secrets] = [join(on.source, 'folder'), join(on.source, '..', 'secrets')];
    for (const [path, content] of [
      [folder, 'own'],
      [secrets, 'stolen'],
    ] as const) {
      mkdirSync(join(path, 'deeper'), { recursive: true });
      for (const name of ['token', 'deeper/token']) writeFileSync(join(path, name), content);
    }
    let steps = 0;
    const throwIfStopped = () => {
      steps += 1;
      if (steps !== atStep) return;
      renameSync(folder, `${folder}.moved`);
      symlinkSync(secrets, folder);
    };
    const end = await on.take({ format: 'tar' }, { ...plainControl, throwIfStopped });
    expect(end).toMatchObject({ kind: 'taken' });
    // A control: it was done while the folder was in the archive already.
    expect(existsSync(join(folder, 'token'))).toBe(true);
    const [archive = ''] = on.archives();
    const text = readFileSync(join(on.destination, archive), 'latin1');
    expect(text).toContain('folder/');
    expect(text).not.toContain('stolen');
  });
});
