import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Row } from './row.ts';

export type Options =
  | { readonly kind: 'help' }
  | { readonly kind: 'usage'; readonly problem: string }
  | {
      readonly kind: 'run';
      readonly rows: readonly Row[];
      /** Undefined: each row's own. */
      readonly rounds: number | undefined;
      readonly jsonFile: string | undefined;
      readonly svgFile: string | undefined;
      readonly program: string;
    };

const PROGRAM = resolve(import.meta.dirname, '..', '..', 'dist', 'hookkeeper.cjs');
const MOST_ROUNDS = 10_000;

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
        program: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) return { kind: 'help' };
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
      svgFile: values.svg,
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

Measures what Hookkeeper costs beside its peers, in turns in one run. It judges nothing: quote the ratios, with the machine.

Options:
  --only ROW      measure only this row; may be given more than once
  --rounds N      how often each side is measured; default: the number beside each row
  --json FILE     write the results to a file, too
  --svg FILE      write a picture of the ratios to a file, too
  --program FILE  measure this build instead of dist/hookkeeper.cjs

Rows:
${rows.map(({ name, about, rounds }) => `  ${name.padEnd(12)}${about} (${rounds})`).join('\n')}
`;
}
