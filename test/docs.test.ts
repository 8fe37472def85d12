import { execFile, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { COMMANDS } from '../src/cli/commands.ts';
import { parseCommandLine } from '../src/cli/options.ts';

const ROOT = join(import.meta.dirname, '..');
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');

/** All that people read. */
const PAGES = [
  ...readdirSync(ROOT),
  ...['docs', 'k8s-examples'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
  ),
].filter((file) => file.endsWith('.md'));

const BLOCK = /^```(\w*)\n(.*?)^```/gms;

/** The fenced blocks of a page in one of these languages. */
function blocks(page: string, ...languages: readonly string[]): string[] {
  return [...read(page).matchAll(BLOCK)]
    .filter(([, language = '']) => languages.includes(language))
    .map(([, , text = '']) => text);
}

/** What a page has between backquotes, in a line. */
function quoted(page: string): string[] {
  return [
    ...read(page)
      .replace(BLOCK, '')
      .matchAll(/`([^`\n]+)`/g),
  ].map(([, text = '']) => text);
}

/** What is called in a line of a shell, command by command, without comments and variables before it. */
function called(line: string): string[] {
  const plain = line
    .replace(/^\$ /, '')
    .replace(/(^| )#.*$/, '')
    .replace(/\\\|/g, '|');
  return plain.split(/ && | \|\| |[|;&]/).map((part) => part.trim().replace(/^(?:[A-Z_]+=\S* +)+/, ''));
}

/** The words of a command; quotes hold together what is between them. */
function words(command: string): string[] {
  return [...command.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c ?? '');
}

const lines = PAGES.flatMap((page) => [
  ...blocks(page, 'sh', 'console').flatMap((text) => text.split('\n').map((line) => ({ page, line }))),
  ...quoted(page).map((line) => ({ page, line })),
]);

/** What Hookkeeper says, which begins with its name as its commands do. */
const SAID = /^hookkeeper (postStart|preStop|refused|ends)\b/;

const own = lines.flatMap(({ page, line }) =>
  called(line.replace(/^.* -- (?=hookkeeper )/, ''))
    .map((command) => command.replace(/^npx (?=hookkeeper )/, ''))
    .filter((command) => /^hookkeeper [a-z-]/.test(command) && !SAID.test(command))
    .map((command): [string, string] => [command, page]),
);

describe('the commands that the pages name', () => {
  it('are of every kind that there is', () => {
    const named = new Set(own.map(([command]) => words(command)[1]));
    expect(COMMANDS.map(({ name }) => name).filter((name) => !named.has(name))).toEqual([]);
  });

  it.each(own)('%s (%s) has options that there are', (command) => {
    const args = words(command).slice(1);
    // Prose may name an option without its value, and one that may be left out in brackets.
    const whole = [args, [...args, 'VALUE'], args.map((word) => word.replace(/^\[(.*)\]$/, '$1'))];
    const problems = whole.map((each) => {
      const parsed = parseCommandLine(each, {});
      return parsed.kind === 'usage' ? parsed.problem : '';
    });
    expect(problems).toContain('');
  });
});

const ofOthers = [...new Set(lines.flatMap(({ line }) => called(line)))];

describe.each(['kubectl', 'docker'])('%s', (tool) => {
  // A machine may have none.
  const isHere = spawnSync(tool, ['--help']).status === 0;
  const commands = ofOthers.filter((command) => new RegExp(`^${tool} [a-z-]+ `).test(command));

  it('is named by the pages: what follows is not empty', () => {
    expect(commands.length).toBeGreaterThan(1);
  });

  it.skipIf(!isHere).each(commands)('knows the options of %s', async (command) => {
    const [, ...args] = words(command);
    const end = args.includes('--') ? args.indexOf('--') : args.length;
    const code = await new Promise((resolve) => {
      const child = execFile(tool, [...args.slice(0, end), '--help'], () => resolve(child.exitCode));
    });
    expect(code).toBe(0);
  });
});

/** The fragment that GitHub gives a heading. */
function fragments(page: string): string[] {
  const text = read(page).replace(BLOCK, '');
  return [...text.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

describe('a page', () => {
  it.each(PAGES)('%s links to what is there, headings included', (page) => {
    const links = [
      ...read(page)
        .replace(BLOCK, '')
        .matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)/g),
    ];
    const dead = links.filter(([, path = '', fragment]) => {
      const target = path === '' ? page : join(dirname(page), path);
      if (!existsSync(join(ROOT, target))) return true;
      return fragment !== undefined && !fragments(target).includes(fragment);
    });
    expect(dead.map(([link]) => link)).toEqual([]);
  });

  it('has YAML that is YAML', () => {
    const all = PAGES.flatMap((page) => blocks(page, 'yaml'));
    expect(all.length).toBeGreaterThan(5);
    expect(all.flatMap((text) => parseAllDocuments(text).flatMap(({ errors }) => errors))).toEqual([]);
  });
});
