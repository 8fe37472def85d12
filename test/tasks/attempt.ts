import { readdirSync, readFileSync } from 'node:fs';
import { type Clock, systemClock } from '../../src/hooks/clock.ts';
import { type AttemptResult, Stop, type TaskAction } from '../../src/hooks/task.ts';
import { taskTable } from '../../src/tasks/table.ts';
import { within } from '../helpers/within.ts';

/** The action that these settings stand for. Throws what is wrong with them. */
export function actionOf(kind: string, settings: unknown): TaskAction {
  const found = taskTable.kinds.find(({ name }) => name === kind);
  if (found === undefined) throw new Error(`no kind ${kind}`);
  return found.schema().parse(settings);
}

/** That of every attempt. */
export const TRACEPARENT = `00-${'4bf9'.repeat(8)}-${'00f0'.repeat(4)}-01`;

let runs = 0;

/** One attempt, under way. */
export interface Underway {
  /** The run's ID, which all its processes have in their environment. */
  readonly run: string;
  /** What it printed so far. */
  readonly lines: readonly string[];
  /** What it told of its progress so far. */
  readonly told: readonly string[];
  /** What it measured so far. */
  readonly measured: readonly (readonly [name: string, value: number])[];
  readonly result: Promise<AttemptResult>;
  /** Resolves when it has printed a line that begins so. */
  printed(beginning: string): Promise<string>;
  /** Tells it to stop. */
  stop(immediately?: boolean): void;
}

export interface BeginOptions {
  readonly clock?: Clock;
  /** How long it may take to end when it is told to; asked whenever that matters. Default: what the action says. */
  readonly stopMs?: () => number;
  /** Whether an earlier delivery tried the task. Default: no. */
  readonly rerun?: boolean;
  /** What earlier tasks captured. Default: nothing. */
  readonly captured?: Readonly<Record<string, string>>;
  /** Default: those of every attempt. */
  readonly container?: string;
  readonly task?: string;
}

/** Starts an attempt as the runner does. */
export function begin(action: TaskAction, options: BeginOptions = {}): Underway {
  const controller = new AbortController();
  runs += 1;
  const run = `run-${process.pid}-${runs}`;
  const lines: string[] = [];
  const told: string[] = [];
  const measured: [string, number][] = [];
  const waiting = new Set<() => void>();
  const result = action.run({
    hook: 'preStop',
    container: options.container ?? 'app',
    run,
    task: options.task ?? 'flush',
    attempt: 2,
    rerun: options.rerun ?? false,
    signal: controller.signal,
    stopMs: options.stopMs ?? (() => action.stopMs),
    reason: () => undefined,
    deadlineEpochMs: () => 1_800_000_000_000.7,
    remainingMs: () => 12_345.6,
    clock: options.clock ?? systemClock,
    captured: new Map(Object.entries(options.captured ?? {})),
    traceparent: TRACEPARENT,
    figure: ({ name }, value) => void measured.push([name, value]),
    progress: (message) => void told.push(message),
    output(line) {
      lines.push(line);
      for (const look of waiting) look();
    },
  });
  return {
    run,
    lines,
    told,
    measured,
    result: within('the end of the attempt', result),
    printed(beginning) {
      const { promise, resolve } = Promise.withResolvers<string>();
      const look = () => {
        const line = lines.find((each) => each.startsWith(beginning));
        if (line !== undefined) resolve(line);
      };
      waiting.add(look);
      look();
      return within(`a line "${beginning}"`, promise);
    },
    stop: (immediately = false) => controller.abort(new Stop('ran out of its timeout of 1 s', immediately)),
  };
}

/** Makes one attempt to its end. */
export async function attempt(
  kind: string,
  settings: unknown,
  options: BeginOptions = {},
): Promise<{ result: AttemptResult; lines: readonly string[] }> {
  const { result, lines, run } = begin(actionOf(kind, settings), options);
  const end = await result;
  const left = processesOf(run);
  if (left.length > 0) throw new Error(`left running: ${left.join(', ')}`);
  return { result: end, lines };
}

/** The living processes of a run, by their environment. Linux only. */
export function processesOf(run: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => `\0${environmentOf(pid)}`.includes(`\0HOOKKEEPER_RUN=${run}\0`))
    .map(Number);
}

/** Empty for a process that is gone, for a zombie, and for one that is not ours. */
function environmentOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8');
  } catch {
    return '';
  }
}
