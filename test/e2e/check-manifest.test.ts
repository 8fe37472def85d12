import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PROGRAM, runProgram } from '../helpers/program.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const EXAMPLES = join(ROOT, 'k8s-examples');
const GOOD = join(import.meta.dirname, '..', 'fixtures', 'manifests', 'good.yaml');
const BAD_TEXT = readFileSync(GOOD, 'utf8').replace('path: /prestop/app', 'path: /preStop/app');

describe('hookkeeper check --manifest', () => {
  it('finds nothing in the quickstart, as a folder and as files', async () => {
    const folder = join(EXAMPLES, 'quickstart');
    const whole = await runProgram(['check', '--manifest', folder]);
    expect(whole).toEqual({ code: 0, stdout: 'Deployment quickstart: good\n', stderr: '' });
    const config = `--config=${join(folder, 'hooks.yaml')}`;
    expect(await runProgram(['check', config, '--manifest', join(folder, 'deployment.yaml')])).toEqual(whole);
  });

  const served = /^kind: (Pod|Deployment|StatefulSet|DaemonSet|Job|CronJob)$[\s\S]*- name: hookkeeper$/m;
  const folders = readdirSync(EXAMPLES, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.ya?ml$/.test(file) && served.test(readFileSync(join(EXAMPLES, file), 'utf8')))
    .map((file) => join(file, '..'));

  it('has examples to look at: the check below is not empty', () => {
    expect(folders).toContain('quickstart');
  });

  it.each([...new Set(folders)])('finds no error in the example %s', async (folder) => {
    const { stdout } = await runProgram(['check', '--output=json', '--manifest', join(EXAMPLES, folder)]);
    const { findings } = JSON.parse(stdout);
    expect(findings.filter(({ severity }: { severity: string }) => severity === 'error')).toEqual([]);
  });

  it('shows what it finds with the line and what to write instead, and ends with 1', async () => {
    const folder = await temporaryFolder();
    writeFileSync(join(folder, 'web.yaml'), BAD_TEXT);
    const { code, stdout } = spawnedIn(folder, ['check', '--manifest', 'web.yaml']);
    expect(code).toBe(1);
    expect(stdout).toContain(
      'web.yaml:67:23 error Deployment web: preStop of app calls /preStop/app, which is no path of Hookkeeper: it is /prestop/app [hook-path]\n' +
        '   67 |                 path: /preStop/app\n' +
        '      |                       ^\n' +
        '      Any other path is refused. It is taken as it is: capital letters, a slash at the end or a further part make it another\n' +
        '      one. Two slashes at the beginning make the kubelet take the first part for a host and drop it.\n' +
        '      + preStop:\n' +
        '      +   httpGet:\n' +
        '      +     path: /prestop/app\n',
    );
    expect(stdout).toMatch(/\nDeployment web: 1 error\n$/);
  });

  it('says once why something is a finding, however often it is found', async () => {
    const folder = await temporaryFolder();
    writeFileSync(join(folder, 'web.yaml'), BAD_TEXT.replace('path: /poststart/app', 'path: /postStart/app'));
    const { stdout } = spawnedIn(folder, ['check', '--manifest', 'web.yaml']);
    expect(stdout.match(/\[hook-path\]/g)).toHaveLength(2);
    expect(stdout.match(/Any other path is refused\./g)).toHaveLength(1);
  });

  it('writes the whole hook as it has to be, whatever else is wrong with it', async () => {
    const folder = await temporaryFolder();
    const text = BAD_TEXT.replace(
      '/preStop/app\n                port: 9740',
      '/prestop/web\n                port: hooks',
    );
    writeFileSync(join(folder, 'web.yaml'), text);
    const { stdout } = spawnedIn(folder, ['check', '--output', 'json', '--manifest', 'web.yaml']);
    const named = JSON.parse(stdout).findings.find(({ code }: { code: string }) => code === 'hook-port-name');
    expect(named.fix).toBe('preStop:\n  httpGet:\n    path: /prestop/app\n    port: 9740');
  });

  it('names each file that it cannot read', async () => {
    const { code, stdout } = await runProgram(['check', '--manifest', '/one.yaml', GOOD, '/two.yaml', '--output=json']);
    expect(code).toBe(2);
    expect(JSON.parse(stdout).findings.map(({ file }: { file: string }) => file)).toEqual(['/one.yaml', '/two.yaml']);
  });

  it('shows no secret, neither of a hook nor of a config', async () => {
    const folder = await temporaryFolder();
    const text = readFileSync(GOOD, 'utf8')
      .replace('path: /prestop/app', 'path: /prestop/ap?token=hunter2')
      .replace('command: [/scripts/save.sh]', 'command: [/scripts/save.sh], env: { PIN: 31337 }');
    writeFileSync(join(folder, 'web.yaml'), text);
    for (const output of ['text', 'json']) {
      const { code, stdout } = spawnedIn(folder, ['check', '--output', output, '--manifest', 'web.yaml']);
      expect(code).toBe(1);
      expect(stdout).toContain('hook-secret');
      expect(stdout).toContain('env.PIN must be text');
      expect(stdout).not.toMatch(/hunter2|31337/);
    }
  });

  it('takes several files behind one flag, and prints JSON for pipelines', async () => {
    const folder = await temporaryFolder();
    writeFileSync(join(folder, 'bad.yaml'), BAD_TEXT);
    const { code, stdout } = spawnedIn(folder, ['check', '--output', 'json', '--manifest', GOOD, 'bad.yaml']);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toEqual({
      findings: [
        {
          code: 'hook-path',
          severity: 'error',
          file: 'bad.yaml',
          line: 67,
          message: expect.stringContaining('/preStop/app'),
          fix: 'preStop:\n  httpGet:\n    path: /prestop/app\n    port: 9740',
        },
      ],
    });
  });

  it('reads standard input', () => {
    const good = execFileSync(process.execPath, [PROGRAM, 'check', '--manifest', '-'], { input: readFileSync(GOOD) });
    expect(String(good)).toBe('Deployment web: good\n');
    const bad = spawnSync(process.execPath, [PROGRAM, 'check', '--manifest', '-'], { input: BAD_TEXT });
    expect({ code: bad.status, out: String(bad.stdout) }).toMatchObject({
      code: 1,
      out: expect.stringContaining('-:67:23 error'),
    });
  });

  it('ends with 2 for what cannot be looked at', async () => {
    const missing = await runProgram(['check', '--manifest', '/nowhere.yaml', '--output=json']);
    expect(missing.code).toBe(2);
    expect(JSON.parse(missing.stdout).findings).toMatchObject([{ code: 'unusable', file: '/nowhere.yaml' }]);
    expect((await runProgram(['check', '--manifest', GOOD, '--config', '/nowhere.yaml'])).code).toBe(2);
    expect((await runProgram(['check', '--manifest', join(EXAMPLES, 'quickstart', 'hooks.yaml')])).code).toBe(2);
    const empty = await runProgram(['check', '--manifest', await temporaryFolder()]);
    expect(empty).toMatchObject({
      code: 2,
      stdout: expect.stringContaining('the folder has no .yaml, .yml or .json file'),
    });
    const wrong = await runProgram(['check', '--output=xml']);
    expect(wrong).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--output must be text or json: value is xml'),
    });
    expect(await runProgram(['check', GOOD])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('unexpected argument'),
    });
  });

  it('prints the problems of a config alone as JSON, too', async () => {
    const folder = await temporaryFolder();
    writeFileSync(
      join(folder, 'hooks.yaml'),
      'version: 1\ncontainers: { app: { postStart: [{ name: a, sleep: 5 }] } }\n',
    );
    const { code, stdout } = spawnedIn(folder, ['check', '--config=hooks.yaml', '--output=json']);
    expect(code).toBe(2);
    expect(JSON.parse(stdout).findings).toMatchObject([
      { code: 'config', severity: 'error', file: 'hooks.yaml', line: 2, fix: 'write "5s"' },
    ]);
  });
});

function spawnedIn(cwd: string, args: readonly string[]): { readonly code: number | null; readonly stdout: string } {
  const { status, stdout } = spawnSync(process.execPath, [PROGRAM, ...args], { cwd, encoding: 'utf8' });
  return { code: status, stdout };
}
