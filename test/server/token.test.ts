import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTokenCheck, presentedToken } from '../../src/server/token.ts';

let dir: string;
let file: string;
let nowMs: number;
let changes: string[];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'hookkeeper-token-'));
  file = join(dir, 'token');
  nowMs = 0;
  changes = [];
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const check = (path: () => string | undefined = () => file) =>
  createTokenCheck({
    file: path,
    monotonicMs: () => nowMs,
    onChange: (change) => changes.push(change.state === 'readable' ? 'readable' : change.reason),
  });

describe('the shared secret', () => {
  it('lets in who brings it, and nobody else', () => {
    writeFileSync(file, 's3cret\n');
    const judge = check();
    expect(judge('s3cret')).toEqual({ allowed: true });
    for (const wrong of ['', 's3cre', 's3cret ', 's3crets', 'S3CRET', 'x'.repeat(10_000)]) {
      expect(judge(wrong)).toEqual({ allowed: false, reason: 'its token is wrong' });
    }
    expect(judge(undefined)).toEqual({ allowed: false, reason: 'it brings no token' });
    expect(changes).toEqual([]);
  });

  it('is not asked for where the config names none', () => {
    expect(check(() => undefined)(undefined)).toEqual({ allowed: true });
  });

  it('may be rotated, and is read at most once a second', () => {
    writeFileSync(file, 'old');
    const judge = check();
    expect(judge('old').allowed).toBe(true);
    writeFileSync(join(dir, 'next'), 'new');
    renameSync(join(dir, 'next'), file);
    nowMs = 999;
    expect(judge('old').allowed).toBe(true);
    nowMs = 1000;
    expect(judge('old').allowed).toBe(false);
    expect(judge('new').allowed).toBe(true);
  });

  it('is each of those in its file, so that pods which were made before a rotation have their hooks run', () => {
    writeFileSync(file, 'new\nold\n');
    const judge = check();
    for (const good of ['new', 'old']) expect(judge(good)).toEqual({ allowed: true });
    for (const wrong of ['', 'new\nold', 'newold', 'other']) expect(judge(wrong).allowed).toBe(false);
    writeFileSync(file, 'new');
    nowMs = 1000;
    expect(judge('old').allowed).toBe(false);
  });

  it('stays in force when its file vanishes, which is said once, as is its return', () => {
    writeFileSync(file, 's3cret');
    const judge = check();
    judge('s3cret');
    rmSync(file);
    for (nowMs of [1000, 2000, 3000]) {
      expect(judge('s3cret').allowed).toBe(true);
      expect(judge('other').allowed).toBe(false);
    }
    expect(changes).toEqual([expect.stringMatching(/ENOENT/)]);
    writeFileSync(file, 'fresh');
    nowMs = 4000;
    expect(judge('fresh').allowed).toBe(true);
    expect(changes).toEqual([expect.stringMatching(/ENOENT/), 'readable']);
  });

  it.each([
    ['was never there', () => {}, /ENOENT/],
    ['is empty', () => writeFileSync(file, ' \n'), /the file is empty/],
    ['is no secret but something long', () => writeFileSync(file, 'x'.repeat(5000)), /more than 4096 bytes/],
  ])('refuses everybody when its file %s', (_what, prepare, why) => {
    prepare();
    const judge = check();
    for (const presented of [undefined, '', ' ', 'x'.repeat(5000)]) {
      expect(judge(presented)).toEqual({
        allowed: false,
        reason: "no token can be checked, as access.tokenFile can't be used",
      });
    }
    expect(changes).toEqual([expect.stringMatching(why)]);
  });

  it('refuses everybody when its file is emptied', () => {
    writeFileSync(file, 's3cret');
    const judge = check();
    judge('s3cret');
    writeFileSync(file, '');
    nowMs = 1000;
    expect(judge('s3cret').allowed).toBe(false);
    expect(judge('').allowed).toBe(false);
  });

  it('is that of the file which the config names now', () => {
    const other = join(dir, 'other');
    writeFileSync(file, 'one');
    writeFileSync(other, 'two');
    let path = file;
    const judge = check(() => path);
    expect(judge('one').allowed).toBe(true);
    path = other;
    expect(judge('one').allowed).toBe(false);
    expect(judge('two').allowed).toBe(true);
    path = join(dir, 'missing');
    expect(judge('two').allowed).toBe(false);
  });
});

describe('a presented token', () => {
  it.each([
    ['Bearer abc', '', 'abc'],
    ['bearer   abc', '', 'abc'],
    ['Basic abc', '', undefined],
    ['Bearer', '', undefined],
    [undefined, '', undefined],
    [undefined, 'token=abc', 'abc'],
    [undefined, 'a=1&token=abc&b=2', 'abc'],
    [undefined, 'mytoken=abc', undefined],
    [undefined, 'token=a%2Fb', 'a/b'],
    [undefined, 'token=a+b/c==', 'a+b/c=='],
    [undefined, 'token=%zz', '%zz'],
    [undefined, 'token=', ''],
    ['Bearer header', 'token=query', 'header'],
  ])('of the header %s and the query %s is %s', (authorization, query, token) => {
    expect(presentedToken(authorization, query)).toBe(token);
  });
});
