import * as z from 'zod/mini';
import { onDemand } from '../config/on-demand.ts';
import { processFields, processIsNamed } from './processes/process-query.ts';
import { waitFields, waitSettings } from './wait/wait-fields.ts';
import type { WaitSettings } from './wait/wait-until.ts';

/** Signals to which programs give a meaning, without the ones that only the kernel sends. */
const SIGNALS = [
  'TERM',
  'QUIT',
  'INT',
  'HUP',
  'USR1',
  'USR2',
  'WINCH',
  'TSTP',
  'CONT',
  'ALRM',
  'ABRT',
  'STOP',
  'KILL',
] as const;
type Signal = (typeof SIGNALS)[number];

/** After one of these a process ends, unless it takes it for something else. */
const ENDING: ReadonlySet<Signal> = new Set(['TERM', 'QUIT', 'INT', 'ABRT', 'KILL']);

/** A look at one process costs some 20 µs. */
const EVERY_MS = 100;

const written = onDemand(() => {
  // What was to be seen first, the process itself, was: it is signalled.
  const { every, atLeast, stall } = waitFields(EVERY_MS);
  return z
    .strictObject({
      send: z.enum(SIGNALS).check(z.describe('The signal, without SIG.')),
      to: z
        .strictObject(processFields())
        .check(
          processIsNamed,
          z.describe(
            'The process of another container, by `name`, `commandLine` (a regular expression) or `pidFile`; all that is given must hold. ' +
              'It needs shareProcessNamespace in the pod, and the same user or CAP_KILL. PID 1, our own processes, those of other pods, and what a probe or `kubectl exec` started are never meant.',
          ),
        ),
      all: z
        .prefault(z.boolean(), false)
        .check(
          z.describe(
            'Whether all processes that match are signalled. Else only the one from which the others came, such as a master of ' +
              'workers, and it is an error that there are several such.',
          ),
        ),
      onMissing: z
        .prefault(z.enum(['skip', 'fail']), 'skip')
        .check(z.describe('What it means that no process matches: one that has ended already needs no signal.')),
      untilGone: z
        .optional(z.boolean())
        .check(
          z.describe(
            `Whether the task ends only when the processes are gone. Default: true for ${[...ENDING].join(', ')}, as the SIGTERM ` +
              "that follows a preStop would break off what the signal began; false for others. The task's `timeout` bounds it.",
          ),
        ),
      every,
      atLeast,
      stall,
    })
    .check(
      z.refine((settings) => waits(settings) || !saysHow(settings), {
        error: 'must have every, atLeast and stall only where it waits',
        params: { remedy: 'remove them, or write untilGone: true', unlessUnknownKeys: true },
      }),
    );
});

type Written = z.output<ReturnType<typeof written>>;

function waits({ untilGone, send }: { untilGone?: boolean | undefined; send: Signal }): boolean {
  return untilGone ?? ENDING.has(send);
}

function saysHow({ every, atLeast, stall }: { every: number; atLeast: number; stall?: number | undefined }): boolean {
  return every !== EVERY_MS || atLeast !== 0 || stall !== undefined;
}

export type SignalSettings = Pick<Written, 'send' | 'to' | 'all' | 'onMissing'> & {
  /** How it waits until the processes are gone; undefined: it does not. */
  readonly wait: WaitSettings | undefined;
};

/** What stands below `signal`. */
export const signalSettings = onDemand(() =>
  z.pipe(
    written(),
    z.transform((settings): SignalSettings => {
      const { send, to, all, onMissing } = settings;
      const wait = waits(settings) ? waitSettings({ ...settings, seenFirst: undefined }, 'fail') : undefined;
      return { send, to, all, onMissing, wait };
    }),
  ),
);
