import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nextPort } from './next-port.ts';
import type { ServerSpec } from './server.ts';
import { TRUE } from './servers.ts';

const FILE = 'webhook';

/** The note of a row that would have it for a peer. */
export const WEBHOOK_IS_MISSING = 'left out: webhook, which is not installed; apt-get install webhook';

/** The version of webhook (github.com/adnanh/webhook) on this machine, or undefined where there is none. */
export function webhookVersion(): string | undefined {
  try {
    const text = execFileSync(FILE, ['-version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return text.trim().split(' ').at(-1);
  } catch {
    return undefined;
  }
}

/** webhook with one hook, `/hooks/true`, which is answered when its command has ended. */
export async function webhook(folder: string): Promise<ServerSpec> {
  const hooks = join(folder, 'hooks.json');
  // With the output in the answer it waits for the command; without, it answers before.
  const hook = { id: 'true', 'execute-command': TRUE, 'include-command-output-in-response': true };
  writeFileSync(hooks, JSON.stringify([hook]));
  const port = await nextPort();
  const args = ['-hooks', hooks, '-port', `${port}`];
  return { file: FILE, args, port, readiness: { port, path: '/' } };
}
