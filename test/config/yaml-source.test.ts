import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatProblem, type Path } from '../../src/config/problem.ts';
import { readYaml } from '../../src/config/yaml-source.ts';

function problemsOf(text: string): string[] {
  const read = readYaml(text, 'hooks.yaml');
  return (read.ok ? read.source.problems : read.problems).map(formatProblem);
}

describe('YAML', () => {
  it('has tabs told alone, as what else is found is due to them', () => {
    const noTabs = 'error the file must be valid YAML: indent with spaces, as YAML allows no tabs';
    expect(problemsOf('a:\n    b:\n\t- name: a\n\t  sleep: 5s')).toEqual([
      `hooks.yaml:3:1 ${noTabs}`,
      `hooks.yaml:4:1 ${noTabs}`,
    ]);
  });

  it.each([
    [
      'a: [1',
      'hooks.yaml:1:6 error the file must be valid YAML: flow sequence in block collection must be sufficiently indented and end with a ]',
    ],
    [
      'a: "b" c',
      'hooks.yaml:1:8 error the file must be valid YAML: put the whole of a text in quotes that has quotes or [ ] { } : # in it',
    ],
    [
      'shell: echo a: b',
      'hooks.yaml:1:8 error the file must be valid YAML: put a text in quotes that has ": " in it, begin a mapping on a line of its own, and indent a key like those beside it',
    ],
    ['a: "b', 'hooks.yaml:1:6 error the file must be valid YAML: close the quote that was opened above'],
    [
      'x:\n- name: b\n sleep: 5s',
      'hooks.yaml:3:1 error the file must be valid YAML: begin it with "- ", or indent it like the lines of the item that it belongs to',
    ],
    ['a:\n\t- b', 'hooks.yaml:2:1 error the file must be valid YAML: indent with spaces, as YAML allows no tabs'],
    [
      'a: 1\n---\nb: 2',
      'hooks.yaml:2:1 error the file must be valid YAML: keep one document: remove the "---" and what follows it',
    ],
    [
      'a: *nowhere',
      'hooks.yaml:1:4 error the file must have an anchor for each alias (*name): put the anchor (&name) before it, or quote it if it is text',
    ],
    [
      'a: !secret x',
      'hooks.yaml:1:4 error the file must not use tags or directives that YAML does not know: remove the tag (the word that begins with "!"), or the line that begins with "%"',
    ],
    [
      'a: 1\nb: 2\na: 3',
      'hooks.yaml:3:1 error the file must have each key of a mapping only once: value is "a", remove it or give it another name',
    ],
    [
      'a: 9007199254740993',
      'hooks.yaml:1:4 error the file must not hold numbers that are too large to be kept exactly: quote it if it is text',
    ],
    [
      'a: &a { b: 1 }\nc:\n  <<: *a',
      'hooks.yaml:3:3 error the file must not use merge keys (<<): value is "<<", write the keys out',
    ],
    [
      Buffer.from('a: 1\nb: f\xfcr', 'latin1').toString(),
      'hooks.yaml:2:5 error the file must be UTF-8 text: save it as UTF-8',
    ],
    [
      Buffer.from('\ufeffa: 1', 'utf16le').toString(),
      'hooks.yaml:1:1 error the file must be UTF-8 text: save it as UTF-8',
    ],
    ['__proto__: {}', 'hooks.yaml:1:1 error the file must not use this key: value is "__proto__", remove it'],
    ['? [a]\n: 1', 'hooks.yaml:1:3 error the file must have only text for keys: quote the key if it is text'],
    [`a: ${'['.repeat(100_000)}`, 'nest its lists and mappings less deeply'],
    [`a: &a [1]\nb:\n${'  - *a\n'.repeat(150)}`, 'error the file must have at most 100 aliases: write the values out'],
    [
      `${'- 1\n'.repeat(20_001)}`,
      'error the file must have at most 20000 keys and values: move lists and texts to files of their own',
    ],
    [
      'x'.repeat(1024 * 1024 + 1),
      'error the file must be at most 1048576 bytes: value is 1048577 bytes, move scripts and bodies to files of their own',
    ],
  ])('%j is refused, with its place and a remedy', (text, problem) => {
    const problems = problemsOf(text);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(problem);
  });

  it.each([
    ['a: [1]]]\n', ['1:7']],
    ['] ] ]\n'.repeat(9), ['1:1', '2:1', '3:1']],
  ])('that is broken, as in %j, is told of once a line, and of three lines at most', (text, places) => {
    expect(problemsOf(text).map((problem) => /\d+:\d+/.exec(problem)?.[0])).toEqual(places);
  });

  it('is refused when a few aliases stand for very much', () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    const levels = names.slice(1).map((name, index) => `${name}: &${name} [${`*${names[index]}, `.repeat(9)}]`);
    const [problem] = problemsOf(['a: &a [x]', ...levels].join('\n'));
    expect(problem).toContain('excessive alias count');
  });

  it('is told of nothing that stands in the file, as that may be a secret', () => {
    const secrets = [
      'hunter2',
      '"hunter2',
      "'hunter2'",
      '|hunter2',
      '>hunter2',
      '&hunter2',
      '*hunter2',
      '!hunter2',
      '@hunter2',
    ];
    const others = [
      '!<hunter2',
      '%hunter2',
      '[',
      ']',
      '{',
      '}',
      ',',
      ':',
      '?',
      '-',
      '---',
      '\n',
      '\n  ',
      '\t',
      ' ',
      '\\q',
    ];
    const piece = fc.constantFrom(...secrets, ...others);
    let refused = 0;
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 5 }), fc.constantFrom('', ' '), (pieces, between) => {
        const text = `password: ${pieces.join(between)}`;
        const problems = [...problemsOf(text), ...problemsOf(text.replace('password: ', ''))];
        refused += problems.length;
        // A key is no secret, and has to be named.
        const told = problems.filter((problem) => !problem.includes('each key of a mapping only once'));
        expect(told.join('\n')).not.toContain('hunter2');
      }),
      { numRuns: 2000 },
    );
    expect(refused).toBeGreaterThan(100);
    expect(problemsOf('password: |hunter2')).toEqual([
      'hooks.yaml:1:12 error the file must be valid YAML: block scalar header includes extra characters',
    ]);
  });

  it('may use anchors and aliases', () => {
    const read = readYaml('a: &a { b: 1 }\nc: *a\n', 'hooks.yaml');
    expect(read).toMatchObject({ ok: true, source: { value: { a: { b: 1 }, c: { b: 1 } }, problems: [] } });
  });
});

describe('a place in YAML', () => {
  const text = `containers:
  app:
    preStop:
      - name: one
        retry: { attempts: 1 }
      - parallel:
          - name: two
    empty:
a: &a { deep: 1 }
b: *a
`;

  it.each<[Path, 'key' | 'value', number, number]>([
    [['containers', 'app', 'preStop', 0, 'name'], 'value', 4, 15],
    [['containers', 'app', 'preStop', 0, 'name'], 'key', 4, 9],
    [['containers', 'app', 'preStop', 0, 'retry', 'attempts'], 'value', 5, 28],
    [['containers', 'app', 'preStop', 1, 'parallel', 0], 'value', 7, 13],
    [['containers', 'app', 'preStop'], 'value', 3, 5],
    [['containers', 'app', 'empty'], 'value', 8, 5],
    [['containers', 'app', 'preStop', 0, 'missing', 'deeper'], 'value', 4, 9],
    [['containers', 'app', 'preStop', 0, 'name', 'deeper'], 'key', 4, 15],
    [['containers', 'other'], 'key', 1, 1],
    [['b', 'deep'], 'value', 9, 15],
    [[], 'value', 1, 1],
  ])('%j (%s) is found at line %i, column %i', (path, part, line, column) => {
    const read = readYaml(text, 'hooks.yaml');
    expect(read.ok && read.source.locate(path, part)).toEqual({ line, column });
  });

  it('is found behind Windows line ends', () => {
    const read = readYaml(text.replaceAll('\n', '\r\n'), 'hooks.yaml');
    expect(read.ok && read.source.locate(['containers', 'app', 'preStop', 1, 'parallel', 0, 'name'], 'value')).toEqual({
      line: 7,
      column: 19,
    });
  });
});
