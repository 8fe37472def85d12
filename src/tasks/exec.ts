import * as z from 'zod/mini';
import { durationField } from '../config/fields.ts';
import { onDemand } from '../config/on-demand.ts';
import { mayHoldSecret } from '../config/problem.ts';
import type { ActionProblem, TaskKind } from '../config/task-kind.ts';
import type { AttemptResult, TaskAction } from '../hooks/task.ts';
import { runCommand } from './exec/command.ts';
import { checkExec } from './exec/exec-check.ts';
import { attemptEnvironment, marksOf, settledEnvironment } from './exec/exec-environment.ts';
import { fillCommand, variablesOf } from './exec/exec-fill.ts';
import { lookalikesIn } from './exec/exec-lookalikes.ts';
import { checkWords } from './exec/exec-words.ts';
import { withoutWords } from './hidden-words.ts';
import { summaryLine } from './summary-line.ts';

const SHELL = '/bin/sh';

/** Enough for a script's trap handler, and little beside the kubelet's 30 s. */
const KILL_AFTER_MS = 2000;

/** The machine was short of something, or the script was just being written: worth another attempt. */
const PASSING_CODES: ReadonlySet<string> = new Set(['EAGAIN', 'EMFILE', 'ENFILE', 'ENOMEM', 'ETXTBSY']);

/** Names as Kubernetes allows them, but for our own. */
const ENV_NAME = /^(?!HOOKKEEPER_)[-._a-zA-Z][-._a-zA-Z0-9]*$/;

/** Linux takes no argument and no variable of 128 KiB (MAX_ARG_STRLEN in its binfmts.h), and a variable has its name before it. */
const LONGEST_BYTES = 130_000;

const notTooLong = z.check<string>(({ value, issues }) => {
  const bytes = Buffer.byteLength(value);
  if (bytes <= LONGEST_BYTES) return;
  const remedy = 'put it into a file, and run that: command: [/bin/sh, FILE]';
  const message = `must have at most ${LONGEST_BYTES} bytes, as Linux gives no program a longer argument or variable`;
  issues.push({ code: 'custom', input: value, message, params: { shown: `${bytes} bytes`, remedy } });
});

const text = onDemand(() =>
  z.string().check(
    z.refine((value) => !value.includes('\0'), {
      error: 'must not hold a NUL character',
      params: { remedy: 'remove it: no program can be given one' },
    }),
    notTooLong,
  ),
);
const filled = onDemand(() => text().check(z.minLength(1)));

const envName = onDemand(() =>
  z.string().check(z.regex(ENV_NAME, 'must be the name of an environment variable, and not begin with HOOKKEEPER_')),
);

const exitCode = onDemand(() => z.int().check(z.gte(0), z.lte(255)));

const settings = onDemand(() =>
  z
    .strictObject({
      command: z
        .optional(z.array(text()).check(z.minLength(1)))
        .check(
          z.describe(
            'The program and its arguments, run without a shell. Arguments may use captured values, but where they hold code (`sh -c`). ' +
              'Either this or `shell`.',
          ),
        ),
      shell: z
        .optional(filled())
        .check(
          z.describe(
            `A command line for ${SHELL} -c, taken as it is: a captured value is "$name" there. Either this or \`command\`.`,
          ),
        ),
      env: z
        .prefault(z.record(envName(), text()), {})
        .check(
          z.describe(
            'Environment variables of the command, which may use captured values. Besides these it has PATH, what `inheritEnv` lists, ' +
              'each captured value under its own name, TRACEPARENT (W3C Trace Context), and HOOKKEEPER_HOOK, _CONTAINER, _RUN, _TASK, _ATTEMPT, ' +
              '_DEADLINE_EPOCH_MS and _REMAINING_MS.',
          ),
        ),
      inheritEnv: z
        .prefault(z.array(filled()), [])
        .check(z.describe("Names of Hookkeeper's own environment variables to pass on to the command.")),
      workingDir: z
        .optional(filled())
        .check(z.describe("The folder in which the command runs. Default: Hookkeeper's own.")),
      killAfter: durationField('The time between SIGTERM and SIGKILL when the command has to stop.', KILL_AFTER_MS, {
        leastMs: 0,
      }),
      successExitCodes: z
        .prefault(z.array(exitCode()).check(z.minLength(1)), [0])
        .check(z.describe('Exit codes that mean success.')),
    })
    .check(
      z.refine(({ command, shell }) => (command === undefined) !== (shell === undefined), {
        error: 'must have either command or shell',
        params: {
          remedy: 'write command: [program, argument], or shell: "…" where a shell is needed',
          unlessUnknownKeys: true,
        },
        when: ({ value }) => typeof value === 'object' && value !== null,
      }),
    ),
);

/** `exec`: runs a command in Hookkeeper's own container. */
export const execTask: TaskKind<TaskAction> = {
  name: 'exec',
  schema: () => z.pipe(settings(), z.transform(execAction)),
};

function execAction(exec: z.output<ReturnType<typeof settings>>): TaskAction {
  const { workingDir, killAfter } = exec;
  const command = exec.command ?? [SHELL, '-c', exec.shell ?? ''];
  const [file = '', ...args] = command;
  const texts = { command, env: exec.env };
  const environment = () => settledEnvironment(exec, process.env);
  const check = () => {
    const at = exec.command === undefined ? ['shell'] : ['command', 0];
    return checkExec({ at, file, args, workingDir, searchPath: environment()['PATH'] ?? '' });
  };
  return {
    // Arguments and command lines may hold secrets.
    summary: summaryLine(exec.command === undefined ? `exec ${SHELL} -c …` : `exec ${file}`),
    ownMs: undefined,
    stopMs: killAfter,
    uses: variablesOf(texts),
    lookalikes: () => lookalikesIn(exec),
    checkText: () => checkWords(exec),
    check: () => [...check(), ...missingInherited(exec.inheritEnv)],
    async run(attempt) {
      const marks = marksOf(attempt);
      const filled = fillCommand(texts, attempt.captured);
      if (!filled.ok) return { outcome: 'failed', reason: `could not be started: ${filled.problem}`, retryable: false };
      const settled = settledEnvironment({ ...exec, env: filled.env }, process.env);
      const env = { TRACEPARENT: attempt.traceparent, ...settled, ...attemptEnvironment(attempt) };
      const secrets = secretsIn(settled);
      const output = (line: string) => attempt.output(withoutWords(line, secrets));
      const end = await runCommand({ file, args: filled.args, env, marks, workingDir }, { ...attempt, output });
      switch (end.kind) {
        case 'notStarted':
          return notStarted(`${end.code} ${file}`, PASSING_CODES.has(end.code), check());
        case 'exited':
          if (exec.successExitCodes.includes(end.code)) return { outcome: 'succeeded' };
          return failed(`exited with ${end.code}`);
        case 'killed':
          return failed(`was ended by ${end.signal}`);
        case 'stopped':
          return failed('was told to stop');
      }
    },
  };
}

/** What a script shows of its environment with `env` or `set -x`, judged by the names; of a key in PEM, each of its lines. */
function secretsIn(env: Readonly<Record<string, string>>): string[] {
  return Object.entries(env).flatMap(([name, value]) =>
    mayHoldSecret(name) ? [value, ...value.split(/[\r\n]+/)] : [],
  );
}

/** What the command printed is no part of the reason: that is shown to everybody who may call, or describe the pod. */
function failed(reason: string): AttemptResult {
  return { outcome: 'failed', reason, retryable: true };
}

/** The kernel's word alone does not say whether it is the program, its interpreter or the folder that is not there. */
function notStarted(what: string, retryable: boolean, [problem]: readonly ActionProblem[]): AttemptResult {
  const why = problem === undefined ? '' : `: ${problem.path[0]} ${problem.rule}: ${problem.value}`;
  return { outcome: 'failed', reason: `could not be started: ${what}${why}`, retryable };
}

function missingInherited(names: readonly string[]): ActionProblem[] {
  return names.flatMap((name, index) =>
    process.env[name] !== undefined
      ? []
      : [
          {
            severity: 'warning' as const,
            path: ['inheritEnv', index],
            rule: "must be set in Hookkeeper's own environment",
            value: `${name} is not set`,
            remedy: 'set it in the container, or remove it here',
          },
        ],
  );
}
