import type { AttemptContext } from '../../hooks/task.ts';

/** Where commands are looked for when neither the task nor our own environment has a PATH: Debian's and Alpine's default. */
const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export interface EnvironmentSettings {
  readonly env: Readonly<Record<string, string>>;
  /** Names to pass on from our own environment. */
  readonly inheritEnv: readonly string[];
}

/** What the config decides of a command's environment: PATH, what is passed on from `own`, what is listed, in rising order. */
export function settledEnvironment(
  { env, inheritEnv }: EnvironmentSettings,
  own: NodeJS.ProcessEnv,
): Record<string, string> {
  const inherited = inheritEnv.flatMap((name) => {
    const value = own[name];
    return value === undefined ? [] : [[name, value]];
  });
  return { PATH: own['PATH'] ?? DEFAULT_PATH, ...Object.fromEntries(inherited), ...env };
}

/** By these entries of its environment a process is known as one of a task's, whatever it does with its process group. */
export function marksOf({ run, task }: AttemptContext): string[] {
  return [`HOOKKEEPER_RUN=${run}`, `HOOKKEEPER_TASK=${task}`];
}

/** What a command is told of its attempt. Whole milliseconds, so that a shell can count with them. */
export function attemptEnvironment(attempt: AttemptContext): Record<string, string> {
  const reason = attempt.reason();
  return {
    HOOKKEEPER_RUN: attempt.run,
    HOOKKEEPER_TASK: attempt.task,
    HOOKKEEPER_HOOK: attempt.hook,
    HOOKKEEPER_CONTAINER: attempt.container,
    ...(reason === undefined ? {} : { HOOKKEEPER_REASON: reason }),
    HOOKKEEPER_ATTEMPT: String(attempt.attempt),
    HOOKKEEPER_DEADLINE_EPOCH_MS: String(Math.floor(attempt.deadlineEpochMs())),
    HOOKKEEPER_REMAINING_MS: String(Math.floor(attempt.remainingMs())),
  };
}
