import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { COMMANDS, OTHER_VARIABLES } from '../src/cli/options.ts';
import { jsonSchemaOf } from '../src/cli/schema.ts';
import { METRICS } from '../src/observe/metric-table.ts';
import { taskKinds } from '../src/tasks/table.ts';

/** `UPDATE_README=1 npx vitest run test/readme.test.ts` writes the tables instead of comparing them. */
const UPDATE = process.env['UPDATE_README'] === '1';
const README = join(import.meta.dirname, '..', 'README.md');

/** The part of the README between `<!-- name -->` and `<!-- /name -->` is what the code says. */
function holds(name: string, expected: string): void {
  const text = readFileSync(README, 'utf8');
  const [begin, end] = [`<!-- ${name} -->\n`, `<!-- /${name} -->`];
  const from = text.indexOf(begin) + begin.length;
  const to = text.indexOf(end);
  expect(text).toContain(begin);
  expect(to).toBeGreaterThanOrEqual(from);
  if (UPDATE) writeFileSync(README, `${text.slice(0, from)}${expected}\n${text.slice(to)}`);
  else expect(text.slice(from, to).trim()).toBe(expected.trim());
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

const Field = z.looseObject({
  description: z.optional(z.string()),
  default: z.optional(z.unknown()),
  type: z.optional(z.unknown()),
  enum: z.optional(z.array(z.unknown())),
  const: z.optional(z.unknown()),
  properties: z.optional(z.record(z.string(), z.unknown())),
  items: z.optional(z.unknown()),
  anyOf: z.optional(z.array(z.unknown())),
  allOf: z.optional(z.array(z.unknown())),
  $ref: z.optional(z.string()),
  definitions: z.optional(z.record(z.string(), z.unknown())),
});
type Field = z.infer<typeof Field>;

const root = z.parse(Field, jsonSchemaOf(taskKinds));

/** A schema with its `$ref` followed; what stands beside the reference wins. */
function resolved(value: unknown): Field {
  const field = z.parse(Field, value);
  const target = field.$ref ?? field.allOf?.map((one) => z.parse(Field, one).$ref).find((ref) => ref !== undefined);
  if (target === undefined) return field;
  return { ...z.parse(Field, root.definitions?.[target.replace('#/definitions/', '')]), ...field };
}

function typeOf(value: unknown): string {
  const field = resolved(value);
  if (field.const !== undefined) return JSON.stringify(field.const);
  if (field.enum !== undefined) return field.enum.map(String).join(' · ');
  if (field.anyOf !== undefined) return [...new Set(field.anyOf.map(typeOf))].join(' or ');
  if (field.type === 'array') return 'list';
  if (field.type === 'object') return 'map';
  if (field.type === 'string' && /duration/i.test(JSON.stringify(value))) return 'duration';
  return String(field.type ?? '');
}

function fieldTable(owner: unknown, leaveOut: readonly string[] = []): string {
  const properties = resolved(owner).properties ?? {};
  const rows = Object.entries(properties)
    .filter(([name]) => !leaveOut.includes(name))
    .map(([name, value]) => [`\`${name}\``, typeOf(value), resolved(value).description ?? '']);
  expect(rows.length).toBeGreaterThan(0);
  for (const [name, , description] of rows) expect(description, `the description of ${name}`).not.toBe('');
  return table(['field', 'type', 'meaning'], rows);
}

describe('the README', () => {
  it('lists every option with its variable and default', () => {
    const options = new Map(
      COMMANDS.flatMap(({ options: own }) => own).map((option) => [option.flag, option] as const),
    );
    const rows = [...options.values()].map(({ flag, env, value, default: fallback, help }) => {
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
    holds('options', `${commands}\n\n${table(['option', 'of', 'variable', 'default', ''], [...rows, ...others])}`);
  });

  it('lists every metric', () => {
    const rows = Object.values(METRICS).map(({ name, type, labels, help }) => [
      `\`${name}\``,
      type,
      labels.map((label) => `\`${label}\``).join(' '),
      help,
    ]);
    holds('metrics', table(['metric', 'type', 'labels', ''], rows));
  });
});
