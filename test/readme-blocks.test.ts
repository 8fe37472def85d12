import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parseDocument } from 'yaml';
import { loadConfig } from '../src/config/load.ts';
import { taskTable } from '../src/tasks/table.ts';
import { typeErrors } from './examples/kubernetes-types.ts';

const ROOT = join(import.meta.dirname, '..');
const run = promisify(execFile);
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');

/** The fenced blocks of a language, in order. */
function blocks(file: string, language: string): string[] {
  return [...read(file).matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'))].map(([, text = '']) => text);
}

/** The files below a folder, with its name before theirs. */
function filesOf(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(ROOT, join(parentPath, name)));
}

const commands = blocks('README.md', '(?:sh|console)').flatMap((text) =>
  (/\n((?:.|\n)*)/.exec(`\n${text}`)?.[1] ?? '').split('\n').map((line) => line.replace(/^\$ /, '').trim()),
);
const own = commands.filter((line) => line.startsWith('npx hookkeeper '));

describe("the README's commands", () => {
  it.each(own)('%s ends well in a clone', async (command) => {
    const [, , ...args] = command.replace(/ #.*$/, '').split(' ');
    await run(process.execPath, [join(ROOT, 'dist', 'hookkeeper.cjs'), ...args], { cwd: ROOT });
  });

  it('are npm scripts that are there, tools of the cluster, and our own', () => {
    const scripts = Object.keys(JSON.parse(read('package.json')).scripts);
    const others = commands.filter((line) => line !== '' && !own.includes(line));
    const parts = others.flatMap((line) => line.split(/ && | & | #/)[0]?.split(' && ') ?? []);
    for (const part of parts) expect(part).toMatch(/^(npm ci|npm test|npm run \S+|docker|kind|kubectl) ?/);
    const named = read('README.md').matchAll(/npm run ([\w-]+)/g);
    for (const [, script = ''] of named) expect(scripts).toContain(script);
  });

  it('name folders and files that are there', () => {
    const paths = commands.flatMap((line) => line.match(/k8s-examples\/\S+/g) ?? []);
    expect(paths.length).toBeGreaterThan(2);
    for (const path of paths) expect(existsSync(join(ROOT, path)), path).toBe(true);
  });

  it('build the image of the version that the manifests name', () => {
    const { version } = JSON.parse(read('package.json'));
    expect(commands).toContain(`docker build --tag hookkeeper:${version} .`);
    const images = [`hookkeeper:${version}`, `hookkeeper:${version}-tools`];
    const shown = ['README.md', ...['docs', 'k8s-examples', 'src'].flatMap(filesOf)].flatMap((file) =>
      [...read(file).matchAll(/(?<![/\w])hookkeeper:\d[\w.-]*/g)].map(([image]) => ({ file, image })),
    );
    expect(shown.length).toBeGreaterThan(15);
    expect(shown.filter(({ image }) => !images.includes(image))).toEqual([]);
  });
});

describe("the README's configs", () => {
  it("show a pod that agrees with Kubernetes' own types", async () => {
    const shown = blocks('README.md', 'yaml').find((text) => text.includes('initContainers:'));
    const { spec }: { spec?: unknown } = parseDocument(shown ?? '').toJS();
    const value = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'shown' }, spec };
    expect(await typeErrors([{ where: 'README.md', apiVersion: 'v1', kind: 'Pod', value }])).toEqual([]);
  });

  it('show a hooks.yaml that is good as it stands', () => {
    const shown = blocks('README.md', 'yaml').find((text) => text.startsWith('# hooks.yaml')) ?? '';
    const loaded = loadConfig({ text: shown, file: 'hooks.yaml', table: taskTable, env: {}, elsewhere: true });
    expect(loaded.ok ? loaded.warnings : loaded.problems).toEqual([]);
    expect(loaded.ok).toBe(true);
  });
});

it('the README is kept to what people read', () => {
  expect(read('README.md').split('\n').length).toBeLessThanOrEqual(400);
});
