import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import * as z from 'zod/mini';
import { type Child, startChild } from '../../src/rehearse/child.ts';
import { type Rehearsal, rehearsalSchema } from '../../src/rehearse/rehearsal.ts';
import { PROGRAM } from '../helpers/program.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';
import { within } from '../helpers/within.ts';

export interface Rehearsing {
  readonly dir: string;
  readonly child: Child;
  /** What it left in the folder for temporary files. */
  leftovers(): string[];
}

/** Begins `hookkeeper rehearse` with the built program and a folder of its own for temporary files. */
export async function beginRehearsal(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Rehearsing> {
  const dir = await temporaryFolder();
  const tmp = join(dir, 'tmp');
  await mkdir(tmp);
  const whole = { PATH: process.env['PATH'], TMPDIR: tmp, ...env };
  const child = startChild(process.execPath, [PROGRAM, 'rehearse', ...args], whole);
  onTestFinished(() => child.kill('SIGKILL'));
  return { dir, child, leftovers: () => readdirSync(tmp) };
}

export interface Rehearsed {
  readonly code: number | null;
  readonly text: string;
  readonly rehearsal: Rehearsal;
}

/** Rehearses to the end, and decodes the record. */
export async function rehearsed(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Rehearsed> {
  const record = join(await temporaryFolder(), 'record.json');
  const { child, leftovers } = await beginRehearsal([...args, '--record', record], env);
  const { code } = await within('the end of the rehearsal', child.exited, 90_000);
  const text = child.lines().join('\n');
  if (leftovers().length > 0) throw new Error(`it left ${leftovers().join(', ')}`);
  if (!existsSync(record)) throw new Error(`it wrote no record:\n${text}`);
  const written: unknown = JSON.parse(readFileSync(record, 'utf8'));
  return { code, text, rehearsal: z.parse(rehearsalSchema, written) };
}

/** What was broken, in words. */
export function broken({ scenarios }: Rehearsal): string[] {
  return scenarios.flatMap(({ name, verdicts }) =>
    verdicts
      .filter(({ held }) => !held)
      .map((verdict) => `${name}: ${verdict.promise ?? verdict.name}: ${verdict.why}`),
  );
}
