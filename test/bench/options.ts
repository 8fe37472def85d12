import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Row } from './row.ts';
import { HEAD_LINE, withTable } from './table.ts';

/** Where the results go, beside the report. */
export interface Outputs {
  readonly svgFile: string | undefined;
  readonly markdownFile: string | undefined;
}

export type Options =
  | { readonly kind: 'help' }
  | { readonly kind: 'usage'; readonly problem: string }
  | ({ readonly kind: 'from'; readonly files: readonly string[] } & Outputs)
  | ({
      readonly kind: 'run';
      readonly rows: readonly Row[];
      /** Undefined: each row's own. */
      readonly rounds: number | undefined;
      readonly jsonFile: string | undefined;
      readonly program: string;
    } & Outputs);

const PROGRAM = resolve(import.meta.dirname, '..', '..', 'dist', 'hookkeeper.cjs');
const MOST_ROUNDS = 10_000;

/** What says how to measure, or keeps what was measured. */
const MEASURING = ['only', 'rounds', 'json', 'program'] as const;

/** Reads the command line; never throws. */
export function parseOptions(args: readonly string[], rows: readonly Row[]): Options {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        rounds: { type: 'string' },
        only: { type: 'string', multiple: true },
        json: { type: 'string' },
        svg: { type: 'string' },
        markdown: { type: 'string' },
        from: { type: 'string', multiple: true },
        program: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) return { kind: 'help' };
    const { markdown, from } = values;
    // Before anything is measured: it may take an hour.
    if (markdown !== undefined && withTable(readFileSync(markdown, 'utf8'), '') === undefined) {
      return usage(`--markdown must be a page with the line ${HEAD_LINE}: value is ${markdown}`);
    }
    const outputs = { svgFile: values.svg, markdownFile: markdown };
    if (from !== undefined) {
      const measures = MEASURING.find((name) => values[name] !== undefined);
      if (measures !== undefined) return usage(`--${measures} cannot be with --from, which measures nothing`);
      return { kind: 'from', files: from, ...outputs };
    }
    const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
    if (rounds !== undefined && !(Number.isInteger(rounds) && rounds >= 1 && rounds <= MOST_ROUNDS)) {
      return usage(`--rounds must be a whole number from 1 to ${MOST_ROUNDS}: value is ${values.rounds}`);
    }
    const only = values.only ?? rows.map(({ name }) => name);
    const unknown = only.find((name) => !rows.some((row) => row.name === name));
    if (unknown !== undefined) {
      return usage(`--only must be one of ${rows.map(({ name }) => name).join(', ')}: value is ${unknown}`);
    }
    const program = values.program === undefined ? PROGRAM : resolve(values.program);
    if (!existsSync(program)) return usage(`there is no ${program}: npm run build makes it`);
    return {
      kind: 'run',
      rows: rows.filter(({ name }) => only.includes(name)),
      rounds,
      jsonFile: values.json,
      ...outputs,
      program,
    };
  } catch (error) {
    return usage(error instanceof Error ? error.message : String(error));
  }
}

function usage(problem: string): Options {
  return { kind: 'usage', problem };
}

/** The text of `--help`. */
export function helpText(rows: readonly Row[]): string {
  return `Usage: npm run bench -- [OPTIONS]

Measures what Hookkeeper costs beside its peers, in one run. It judges nothing: quote the ratios, with the machine.

Options:
  --only ROW       measure only this row; may be given more than once
  --rounds N       how often each side is measured; default: the number beside each row
  --json FILE      write the results to a file, too
  --svg FILE       write a picture of the ratios to a file, too
  --markdown FILE  write the table into a page, such as docs/benchmarks.md, in place of the one that it has
  --from FILE      measure nothing, and report what --json wrote; may be given more than once: the rows in the order of the
                   files, which must be of one machine, and of a row that is in several the last
  --program FILE   measure this build instead of dist/hookkeeper.cjs

Rows:
${rows.map(({ name, about, rounds }) => `  ${name.padEnd(12)}${about} (${rounds})`).join('\n')}
`;
}
