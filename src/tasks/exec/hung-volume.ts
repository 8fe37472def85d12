import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { AttemptContext } from '../../hooks/task.ts';
import { createSharedLooks } from '../shared-looks.ts';

const shared = createSharedLooks<boolean>();

/** Where the image has its programs, also those without a slash: no volume is mounted there. */
const IN_IMAGE = /^\/(?:usr|bin|sbin)\//;

/**
 * Whether a command can be started without a wait for a volume that hangs. Node.js waits until a new process has entered its folder
 * and opened its program, and nothing else goes on in this one meanwhile: no timeout, no other task, no answer. So the same is
 * done first on a thread of its own; false when the attempt was told to stop before that was done.
 */
export async function isReachable(
  { file, workingDir }: { readonly file: string; readonly workingDir: string | undefined },
  { signal, output }: Pick<AttemptContext, 'signal' | 'output'>,
): Promise<boolean> {
  const folder = resolve(workingDir ?? '.');
  const paths = [...(workingDir === undefined ? [] : [folder]), ...(file.includes('/') ? [resolve(folder, file)] : [])];
  for (const path of paths.filter((each) => !IN_IMAGE.test(each))) {
    if ((await shared(path, () => lookAt(path), signal)) !== undefined) continue;
    output(`hookkeeper: did not start the command, as nothing was heard of ${path}: its volume may hang`);
    return false;
  }
  return !signal.aborted;
}

/** Whether something is there. What is wrong with it is said by who starts the command. */
function lookAt(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
