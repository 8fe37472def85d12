import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { COMMANDS, OTHER_VARIABLES } from '../src/cli/commands.ts';
import { jsonSchemaOf } from '../src/cli/schema.ts';
import { loadConfig } from '../src/config/load.ts';
import { figureRow, METRICS } from '../src/observe/metric-table.ts';
import { taskTable } from '../src/tasks/table.ts';

/** `UPDATE_README=1 npx vitest run test/readme.test.ts` writes the tables instead of comparing them. */
const UPDATE = process.env['UPDATE_README'] === '1';
const ROOT = join(import.meta.dirname, '..');
const README = join(ROOT, 'README.md');
const CONFIGURATION = join(ROOT, 'docs', 'configuration.md');
const BENCHMARKS = join(ROOT, 'docs', 'benchmarks.md');
const OPERATIONS = join(ROOT, 'docs', 'operations.md');

/** The part of a document between `<!-- name -->` and `<!-- /name -->` is what the code says. */
function holds(name: string, expected: string, file: string): void {
  const text = readFileSync(file, 'utf8');
  const [begin, end] = [`<!-- ${name} -->\n`, `<!-- /${name} -->`];
  const from = text.indexOf(begin) + begin.length;
  const to = text.indexOf(end);
  expect(text).toContain(begin);
  expect(to).toBeGreaterThanOrEqual(from);
  if (UPDATE) writeFileSync(file, `${text.slice(0, from)}${expected}\n${text.slice(to)}`);
  else expect(text.slice(from, to).trim()).toBe(expected.trim());
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

const Node = z.looseObject({
  description: z.optional(z.string()),
  default: z.optional(z.unknown()),
  type: z.optional(z.union([z.string(), z.array(z.string())])),
  enum: z.optional(z.array(z.string())),
  const: z.optional(z.unknown()),
  not: z.optional(z.unknown()),
  properties: z.optional(z.record(z.string(), z.unknown())),
  anyOf: z.optional(z.array(z.unknown())),
  allOf: z.optional(z.array(z.unknown())),
  $ref: z.optional(z.string()),
  $comment: z.optional(z.string()),
  definitions: z.optional(z.record(z.string(), z.unknown())),
});
type Node = z.infer<typeof Node>;

const root = z.parse(Node, jsonSchemaOf(taskTable));

/** A part of the JSON Schema, its `$ref` followed. */
function node(value: unknown): Node {
  const plain = z.parse(Node, value);
  if (plain.allOf?.length === 1) {
    const { description, ...rest } = node(plain.allOf[0]);
    return { ...rest, description: plain.description ?? description };
  }
  if (plain.$ref === undefined) return plain;
  return z.parse(Node, root.definitions?.[plain.$ref.replace('#/definitions/', '')]);
}

/** What stands at a path of property names; of alternatives, the mapping. */
function at(value: unknown, ...path: string[]): Node {
  const here = node(value);
  const mapping = here.anyOf?.map(node).find(({ properties }) => properties !== undefined) ?? here;
  const [name, ...rest] = path;
  if (name === undefined) return mapping;
  expect(Object.keys(mapping.properties ?? {})).toContain(name);
  return at(mapping.properties?.[name], ...rest);
}

/** The maps that may stand there. */
function maps(value: unknown): Node[] {
  return (node(value).anyOf ?? []).map(node).filter(({ properties }) => properties !== undefined);
}

function typeOf(value: unknown): string {
  const here = node(value);
  if (here.const !== undefined) return JSON.stringify(here.const);
  if (here.enum !== undefined) return here.enum.map((word) => `\`${word}\``).join(' · ');
  if (here.anyOf !== undefined) return [...new Set(here.anyOf.map(typeOf))].join(' or ');
  if (here.$comment?.startsWith('A duration')) return 'duration';
  const types = [here.type ?? ''].flat();
  return types.map((type) => ({ array: 'list', object: 'map', integer: 'number' })[type] ?? type).join(' or ');
}

function defaultOf({ default: value }: Node): string {
  const plain = value !== undefined && (typeof value !== 'object' || Array.isArray(value));
  return plain ? `\`${typeof value === 'string' ? value : JSON.stringify(value)}\`` : '';
}

function fields(heading: string, owner: Node, leaveOut: readonly string[] = []): string {
  const rows = Object.entries(owner.properties ?? {})
    .filter(([name, value]) => !leaveOut.includes(name) && node(value).not === undefined)
    .map(([name, value]) => [`\`${name}\``, typeOf(value), defaultOf(node(value)), node(value).description ?? '']);
  expect(rows.length).toBeGreaterThan(0);
  return `### ${heading}\n\n${table(['field', 'type', 'default', ''], rows)}`;
}

describe('the docs', () => {
  it('lists every option with its variable and default', () => {
    const all = COMMANDS.flatMap(({ options }) => options);
    const first = all.filter((option, index) => all.findIndex(({ flag }) => flag === option.flag) === index);
    const rows = first.map(({ flag, env, value, default: fallback, help }) => {
      const commands = COMMANDS.filter((command) => command.options.some((own) => own.flag === flag));
      const usage = `\`--${flag}${value === undefined ? '' : ` ${value}`}\``;
      const shown = fallback === undefined ? '' : `\`${fallback}\``;
      return [usage, commands.map(({ name }) => name).join(', '), `\`${env}\``, shown, help];
    });
    const others = OTHER_VARIABLES.map(({ env, help }) => ['', '', `\`${env}\``, '', help]);
    const commands = table(
      ['command', ''],
      COMMANDS.map(({ name, summary }) => [`\`hookkeeper ${name}\``, summary]),
    );
    holds(
      'options',
      `${commands}\n\n${table(['option', 'of', 'variable', 'default', ''], [...rows, ...others])}`,
      OPERATIONS,
    );
  });

  it('says of every kind of task what it does', () => {
    const rows = [...readFileSync(README, 'utf8').matchAll(/^\| \[`\w+`\]\(docs\/configuration\.md#(\w+)\) \|/gm)].map(
      ([, kind]) => kind,
    );
    expect(rows).toEqual(taskTable.kinds.map(({ name }) => name.toLowerCase()));
  });

  it('lists every field of the config', () => {
    const container = node(root.definitions?.['container']);
    const task = node(root.definitions?.['task']);
    const condition = node(root.definitions?.['condition']);
    const kinds = taskTable.kinds.map(({ name }) => name);
    const [bucket, upload] = maps(at(task, 'snapshot').properties?.['destination']);
    if (bucket === undefined || upload === undefined) throw new Error('the destinations of snapshots are not there');
    const sections = [
      fields('The file', root),
      fields('`grace`', at(root, 'grace')),
      fields('`access`', at(root, 'access')),
      fields('`lifecycle`', at(root, 'lifecycle')),
      fields('A container, below `containers`', container),
      fields('`postStart`, where it is a map', at(container, 'postStart')),
      fields('`preStop`, where it is a map', at(container, 'preStop'), ['tasks', 'onRedelivery']),
      fields('Every task, beside its kind', task, kinds),
      fields('`undo`, beside its kind', at(task, 'undo'), kinds),
      fields('`retry`', at(task, 'retry')),
      ...kinds.map((kind) => fields(`\`${kind}\``, at(task, kind))),
      fields('`destination` in `snapshot`, and `from` in `restore`, a bucket', bucket),
      fields('`destination` in `snapshot`, a URL', upload),
      ...Object.keys(condition.properties ?? {}).map((kind) =>
        fields(`\`${kind}\` in \`waitFor\`, \`seenFirst\` and \`when\``, at(condition, kind)),
      ),
      fields('`when`, beside such a condition or alone', at(task, 'when'), Object.keys(condition.properties ?? {})),
      fields('`json` in such an `http`', at(condition, 'http', 'json')),
    ];
    holds('config', sections.join('\n\n'), CONFIGURATION);
  });

  it('shows a config that is right, but for scripts that this machine does not have', () => {
    const text = /```yaml\n(# hooks\.yaml\n[^`]*)```/.exec(readFileSync(README, 'utf8'))?.[1] ?? '';
    const loaded = loadConfig({ text, file: 'hooks.yaml', table: taskTable, env: {} });
    const problems = loaded.ok ? [] : loaded.problems.filter(({ severity }) => severity === 'error');
    expect(problems.map(({ path, value }) => [path, value])).toEqual([
      ['containers.app.preStop[3].parallel[0].exec.command[0]', '/scripts/save.sh (not there)'],
      ['containers.app.preStop[3].parallel[1].exec.command[0]', '/scripts/flush.sh (not there)'],
    ]);
  });

  it('says what it costs, as the benchmarks have it', () => {
    const rows = readFileSync(BENCHMARKS, 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('| '))
      .map((line) => line.split('|').map((cell) => cell.trim()));
    const figures = (measure: string, ...peers: readonly string[]) => {
      const of = peers.map((peer) => rows.find((cells) => cells[2] === measure && cells[4] === peer));
      return [of[0]?.[3], ...of.map((cells) => cells?.[5])].map((cell) => cell ?? 'not measured');
    };
    const shown = [
      ['start to the first answer', ...figures('spawn to first answered /readyz', 'bare node:http', 'webhook 2.8.0')],
      ['memory of its own, idle', ...figures('unique memory, idle for 10 s', 'bare node:http', 'webhook 2.8.0')],
      [
        'a hook that runs `true`, from request to answer',
        ...figures('hook with one task, exec true', 'node:http with spawn', 'webhook 2.8.0'),
      ],
    ];
    expect(shown.flat()).not.toContain('not measured');
    holds('cost', table(['', 'Hookkeeper', 'bare `node:http`', 'adnanh/webhook'], shown), README);
  });

  it('lists every metric', () => {
    const figures = taskTable.kinds.flatMap(({ figures: own = [] }) => own.map(figureRow));
    const rows = [...Object.values(METRICS), ...figures].map(({ name, type, labels, help }) => [
      `\`${name}\``,
      type,
      labels.map((label) => `\`${label}\``).join(' '),
      help,
    ]);
    holds('metrics', table(['metric', 'type', 'labels', ''], rows), OPERATIONS);
  });
});
