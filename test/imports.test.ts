import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const SRC = join(import.meta.dirname, '..', 'src');

/** Which rooms a room may import from, beside itself. Nobody imports `cli` or `server` but who is named here. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'main.ts': ['cli'],
  cli: ['inject', 'manifests', 'server', 'tasks', 'kubernetes', 'observe', 'rehearse', 'hooks', 'journal', 'config'],
  server: ['observe', 'hooks', 'journal', 'config'],
  hooks: ['journal', 'config'],
  tasks: ['proc', 'hooks', 'config'],
  kubernetes: ['proc', 'hooks', 'journal', 'config'],
  proc: ['config'],
  observe: ['hooks', 'journal', 'config'],
  rehearse: ['proc', 'hooks', 'journal', 'config', 'observe', 'tasks'],
  // What a browser runs: drawn from the same timeline as everything else.
  page: ['observe', 'hooks', 'config'],
  journal: ['config'],
  config: [],
  manifests: ['rehearse', 'config'],
  inject: ['manifests', 'config'],
};

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));

/** The files of ours that a file imports, types and dynamic imports included, from `src/`. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(SRC, file), 'utf8');
  const found = text.matchAll(/(?:from\s*|import\s*\(\s*|import\s+)['"](\.{1,2}\/[^'"]+)['"]/g);
  return [...found].map((match) => normalize(join(dirname(file), match[1] ?? '')));
}

const roomOf = (file: string) => file.split('/')[0] ?? '';

function cyclesIn(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>();
  const visit = (node: string, path: readonly string[]): string | undefined => {
    if (path.includes(node)) return [...path.slice(path.indexOf(node)), node].join(' → ');
    if (done.has(node)) return undefined;
    for (const next of graph.get(node) ?? []) {
      const cycle = visit(next, [...path, node]);
      if (cycle !== undefined) return cycle;
    }
    done.add(node);
    return undefined;
  };
  return [...graph.keys()]
    .map((node) => visit(node, []))
    .filter((cycle) => cycle !== undefined)
    .slice(0, 1);
}

describe('the house', () => {
  it('has files whose imports can be read: the check below is not empty', () => {
    expect(files.flatMap(importsOf).length).toBeGreaterThan(50);
  });

  it.each(files)('%s imports only what its room may', (file) => {
    const allowed = MAY_IMPORT[roomOf(file)];
    const wrong = importsOf(file).filter(
      (other) => roomOf(other) !== roomOf(file) && !allowed?.includes(roomOf(other)),
    );
    expect(wrong).toEqual([]);
  });

  it('has no import cycle', () => {
    expect(cyclesIn(new Map(files.map((file) => [file, importsOf(file)])))).toEqual([]);
  });

  it('has no cycle between the folders of the tasks: what kinds share knows no kind', () => {
    const graph = new Map<string, string[]>();
    for (const file of files.filter((each) => each.startsWith('tasks/'))) {
      const folder = dirname(file);
      const others = importsOf(file)
        .map(dirname)
        .filter((other) => other.startsWith('tasks/') && other !== folder);
      graph.set(folder, [...(graph.get(folder) ?? []), ...others]);
    }
    // The kinds themselves, and what is too small for a folder, stand above and below the folders.
    graph.delete('tasks');
    expect(graph.size).toBeGreaterThan(5);
    expect(cyclesIn(graph)).toEqual([]);
  });

  it('would find a cycle', () => {
    expect(
      cyclesIn(
        new Map([
          ['a', ['b']],
          ['b', ['c']],
          ['c', ['a']],
        ]),
      ),
    ).toEqual(['a → b → c → a']);
  });

  it('names every import by a file that exists', () => {
    const known = new Set(files);
    expect(files.flatMap(importsOf).filter((file) => !known.has(file))).toEqual([]);
  });

  it('has no dumping ground and no barrel', () => {
    const bad = files.filter((file) => /(^|\/)(utils?|helpers?|common|types|index|misc|lib)\.ts$/.test(file));
    expect(bad).toEqual([]);
  });

  it('keeps each file to one thing: none over 250 lines', () => {
    const long = files.filter((file) => readFileSync(join(SRC, file), 'utf8').split('\n').length > 250);
    expect(long.map((file) => relative('.', file))).toEqual([]);
  });
});
