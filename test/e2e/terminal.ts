import { execFile } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';
import { onTestFinished } from 'vitest';
import { PROGRAM } from '../helpers/program.ts';
import { within } from '../helpers/within.ts';

/** The lines that the program shows on a terminal of so many columns, without their colours; 0: it tells no size. */
export async function onTerminal(args: readonly string[], { columns }: { columns: number }): Promise<string[]> {
  const words = [process.execPath, PROGRAM, ...args].map((word) => `'${word}'`).join(' ');
  const command = `stty cols ${columns} rows ${columns === 0 ? 0 : 24}; exec ${words}`;
  const shown = new Promise<string>((resolve) => {
    const env = { PATH: process.env['PATH'], SHELL: '/bin/sh' };
    const child = execFile('script', ['-qec', command, '/dev/null'], { env }, (_error, stdout) => resolve(stdout));
    child.stdin?.end();
    onTestFinished(() => void child.kill('SIGKILL'));
  });
  const text = await within(`the end of hookkeeper ${args.join(' ')}`, shown);
  return stripVTControlCharacters(text).replaceAll('\r', '').split('\n');
}
