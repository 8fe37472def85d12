import { spawnSync } from 'node:child_process';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PROGRAM } from '../helpers/program.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

const FIXTURES = join(import.meta.dirname, '..', 'fixtures', 'inject');
const CONFIG = `--config=${join(FIXTURES, 'hooks.yaml')}`;
const HANDWRITTEN = join(FIXTURES, 'handwritten.yaml');

function hookkeeper(args: readonly string[], input = '', env: Readonly<NodeJS.ProcessEnv> = {}) {
  const options = { input, encoding: 'utf8', env: { PATH: process.env['PATH'], ...env }, timeout: 20_000 } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, ...args], options);
  return { code: status, stdout, stderr };
}

describe('hookkeeper inject', () => {
  it('is a pipe that check --manifest is content with, and --uninject takes back', () => {
    const text = readFileSync(HANDWRITTEN, 'utf8');
    const injected = hookkeeper(['inject', '-f', '-', CONFIG], text);
    expect(injected).toMatchObject({
      code: 0,
      stderr: 'Deployment web: the sidecar, postStart of web, preStop of web, and ConfigMap web-hookkeeper\n',
    });
    expect(hookkeeper(['check', '--manifest', '-'], injected.stdout)).toMatchObject({
      code: 0,
      stdout: 'Deployment web: good\n',
    });
    expect(hookkeeper(['inject', '-f', '-', CONFIG], injected.stdout).stdout).toBe(injected.stdout);
    expect(hookkeeper(['inject', '-f', '-', '--uninject'], injected.stdout)).toEqual({
      code: 0,
      stdout: text,
      stderr: 'Deployment web: taken out\n',
    });
    expect(hookkeeper(['inject', '--uninject', '-f', HANDWRITTEN])).toEqual({
      code: 0,
      stdout: text,
      stderr: 'nothing was there to take out\n',
    });
  });

  it('has the image of its own version, or the one that is named', () => {
    const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '..', '..', 'package.json'), 'utf8'));
    expect(hookkeeper(['inject', '-f', HANDWRITTEN, CONFIG]).stdout).toContain(`image: hookkeeper:${version}\n`);
    const named = hookkeeper(['inject', '-f', HANDWRITTEN, CONFIG], '', { HOOKKEEPER_IMAGE: 'mine:2' });
    expect(named.stdout).toContain('image: mine:2\n');
  });

  it('makes one text of several files and folders, without the config that lies among them', async () => {
    const folder = await temporaryFolder();
    for (const file of ['hooks.yaml', 'handwritten.yaml', 'helm.yaml'])
      copyFileSync(join(FIXTURES, file), join(folder, file));
    const whole = hookkeeper(['inject', '-f', folder, '--config', join(folder, 'hooks.yaml')]);
    expect(whole.code).toBe(0);
    const files = ['handwritten.yaml', 'helm.yaml'].map((file) => join(folder, file));
    expect(hookkeeper(['inject', '-f', ...files, CONFIG])).toEqual(whole);
    expect(whole.stdout.match(/^ +- name: hookkeeper$/gm)).toHaveLength(2);
    expect(whole.stdout).not.toContain('---\n---\n');
    expect(hookkeeper(['check', '--manifest', '-'], whole.stdout).stdout).toMatch(/good\n$/);
  });

  it('begins several files of JSON as YAML, which kubectl would read to the first separator otherwise', async () => {
    const folder = await temporaryFolder();
    const json = readFileSync(join(FIXTURES, 'compact.json'), 'utf8');
    writeFileSync(join(folder, 'a.json'), json);
    writeFileSync(join(folder, 'b.json'), json.replace('"one"', '"two"'));
    writeFileSync(join(folder, 'c.yaml'), '\uFEFFkind: Service\n');
    const files = ['a.json', 'b.json', 'c.yaml'].map((file) => join(folder, file));
    const only = `--config=${join(FIXTURES, 'only-stop.yaml')}`;
    const { code, stdout } = hookkeeper(['inject', '-f', ...files, only]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^---\n\{\n[\s\S]*\n\}\n---\n\{\n[\s\S]*\n\}\n---\nkind: Service\n$/);
    expect(hookkeeper(['check', '--manifest', '-'], stdout)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/Pod one, Pod two: .*\n$/),
    });
    expect(hookkeeper(['inject', '-f', files[0] ?? '', only]).stdout).toMatch(/^\{\n/);
  });

  it('prints nothing that could be applied when something stands in the way, and says all of it with file and line', async () => {
    const file = join(await temporaryFolder(), 'web.yaml');
    const own = 'lifecycle: { preStop: { sleep: { seconds: 5 } } }';
    writeFileSync(file, readFileSync(HANDWRITTEN, 'utf8').replace("args: ['--listen', ':8080']", own));
    const { code, stdout, stderr } = hookkeeper(['inject', '-f', file, CONFIG]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(
      `${file}:35:24 error Deployment web: web has a preStop of its own, and inject leaves it [inject]\n   35 |           ${own}\n`,
    );
    expect(stderr).toMatch(/nothing was injected: 1 error\n$/);
  });

  it('refuses what is no UTF-8, of which something else would come out', async () => {
    const folder = await temporaryFolder();
    const text = readFileSync(HANDWRITTEN, 'utf8');
    writeFileSync(join(folder, 'latin1.yaml'), Buffer.from(`# caf\u00e9\n${text}`, 'latin1'));
    writeFileSync(join(folder, 'utf16.yaml'), Buffer.from(`\uFEFF${text}`, 'utf16le'));
    const { code, stdout, stderr } = hookkeeper(['inject', '-f', folder, CONFIG]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(
      /latin1\.yaml:1:1 error the file cannot be read: it must be UTF-8 text[\s\S]*save it as UTF-8/,
    );
    const alone = hookkeeper(['check', '--manifest', join(folder, 'utf16.yaml')]);
    expect(alone).toMatchObject({ code: 2, stdout: expect.stringContaining('it must be UTF-8 text') });
  });

  it('ends with 2 for wrong usage and for what cannot be read', () => {
    expect(hookkeeper(['inject', CONFIG])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('needs -f FILE'),
    });
    expect(hookkeeper(['inject', '-f', '-'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('needs --config FILE'),
    });
    expect(hookkeeper(['inject', '-f', '/nowhere.yaml', '--config=/no.yaml'])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/\/nowhere\.yaml:1:1[\s\S]*\/no\.yaml:1:1[\s\S]*2 errors\n$/),
    });
    const template = hookkeeper(['inject', '-f', '-', CONFIG], 'kind: {{ .Values.kind }}\n');
    expect(template).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('helm template .') });
    expect(hookkeeper(['inject', '-f', '-', '--uninject'], 'a: [')).toMatchObject({ code: 2, stdout: '' });
  });
});
