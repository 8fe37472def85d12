import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { until } from '../e2e/stage.ts';

/** A limit on the memory of a process and of all that it starts, as a container has. */
export interface MemoryCgroup {
  /** A command that becomes another one under the limit. */
  readonly wrapper: readonly string[];
  /** How many processes the kernel has killed for their memory. */
  readonly kills: () => number;
}

let made = 0;

/** A cgroup of either version, which goes with the test. Throws where none can be made. */
export function memoryCgroup(limitMib: number): MemoryCgroup {
  const v1 = '/sys/fs/cgroup/memory';
  const isV1 = existsSync(v1);
  made += 1;
  const dir = join(isV1 ? v1 : '/sys/fs/cgroup', `hookkeeper-${process.pid}-${made}`);
  try {
    mkdirSync(dir);
    writeFileSync(join(dir, isV1 ? 'memory.limit_in_bytes' : 'memory.max'), String(limitMib * 1024 * 1024));
  } catch (error) {
    throw new Error('no memory cgroup can be made here: run it as root, or without a limit by --memory 0', {
      cause: error,
    });
  }
  onTestFinished(() => until(`the end of ${dir}`, () => isGone(dir)).catch(() => {}));
  const events = join(dir, isV1 ? 'memory.oom_control' : 'memory.events');
  return {
    wrapper: ['sh', '-c', `echo $$ > ${dir}/cgroup.procs && exec "$@"`, 'sh'],
    kills: () => Number(/^oom_kill (\d+)$/m.exec(readFileSync(events, 'utf8'))?.[1] ?? 0),
  };
}

/** A cgroup can be removed when its last process has ended. */
function isGone(dir: string): boolean {
  try {
    rmdirSync(dir);
    return true;
  } catch {
    return !existsSync(dir);
  }
}
