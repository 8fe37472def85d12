import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { readTokenFile } from '../../src/config/token-file.ts';
import { fakeTable } from './fake-kinds.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hookkeeper-token-file-'));
  file = join(folder, 'token');
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('a file with a token', () => {
  it.each(['s3cret', ' s3cret\n', 'x'.repeat(4096)])('may hold %j', (text) => {
    writeFileSync(file, text);
    expect(readTokenFile(file)).toEqual({ state: 'known', tokens: [text.trim()] });
  });

  it('may hold several, one a line', () => {
    writeFileSync(file, ' new\r\n\n old\n');
    expect(readTokenFile(file)).toEqual({ state: 'known', tokens: ['new', 'old'] });
  });

  it('is unreadable where it cannot be had, with the reason', () => {
    expect(readTokenFile(file)).toEqual({ state: 'unreadable', reason: expect.stringContaining('ENOENT') });
    expect(readTokenFile(folder)).toEqual({ state: 'unreadable', reason: 'the file is no regular one' });
    writeFileSync(file, 'x'.repeat(4097));
    expect(readTokenFile(file)).toEqual({ state: 'unreadable', reason: 'the file has more than 4096 bytes' });
  });

  it('is right for the config', () => {
    writeFileSync(file, 's3cret');
    const text = `version: 1\naccess: { tokenFile: ${file} }\ncontainers: { app: { postStart: [] } }\n`;
    expect(loadConfig({ text, file: 'hooks.yaml', table: fakeTable, env: {} })).toMatchObject({
      ok: true,
      warnings: [],
    });
  });

  it.each([
    ['is empty', () => writeFileSync(file, ''), 'the file is empty'],
    ['holds only white space', () => writeFileSync(file, ' \n'), 'the file is empty'],
    ['is too long for a token', () => writeFileSync(file, 'x'.repeat(4097)), 'the file has more than 4096 bytes'],
    ['is a device, as a pipe would be', () => symlinkSync('/dev/null', file), 'the file is no regular one'],
  ])('is an error of the config where it %s, as every call would be refused', (_what, prepare, why) => {
    prepare();
    const text = `version: 1\naccess: { tokenFile: ${file} }\ncontainers: { app: { postStart: [] } }\n`;
    const loaded = loadConfig({ text, file: 'hooks.yaml', table: fakeTable, env: {} });
    expect(loaded.ok ? [] : loaded.problems).toMatchObject([
      {
        path: 'access.tokenFile',
        rule: 'must be a file that holds a token',
        value: expect.stringContaining(`(${why})`),
      },
    ]);
  });
});
