import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { onTestFinished, vi } from 'vitest';
import { within } from '../helpers/within.ts';

/** Becomes the program only when all is set up, so the shell's own command line is seen for a moment. */
const SCRIPT = 'name=$1; shift; (exec -a "$name" "$0" "$@") </dev/null >/dev/null 2>&1 & echo $!';

/**
 * Starts a process that is not our child, as a shell between has ended, such as those of another container. It lives as long as
 * the test.
 */
export async function startStranger(
  file: string,
  { args = ['300'], argv0 = file }: { readonly args?: readonly string[]; readonly argv0?: string } = {},
): Promise<number> {
  const shell = spawn('bash', ['-c', SCRIPT, file, argv0, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let printed = '';
  shell.stdout.on('data', (chunk: Buffer) => {
    printed += chunk.toString();
  });
  await within('the end of the shell', once(shell, 'close'));
  const pid = Number(printed);
  onTestFinished(() => killIfThere(pid));
  await vi.waitFor(async () => {
    const [first] = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0');
    if (first !== argv0) throw new Error(`${pid} is not ${argv0} yet`);
  }, 20_000);
  return pid;
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}
