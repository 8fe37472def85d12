/** One rehearsed pod: the built program as its sidecar, the app, and all that happens, for a scenario to play with. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { type Clock, wait } from '../hooks/clock.ts';
import { journalFile } from '../journal/journal-file.ts';
import type { Mark } from '../observe/timeline/timeline.ts';
import { freePort } from './free-port.ts';
import { holdOpen } from './held-connection.ts';
import type { PodEvent } from './pod-event.ts';
import { MEASURED_TIMES } from './pod-spec.ts';
import { type RehearsedLife, SIDECAR } from './rehearsed-life.ts';
import { type RehearsedPodInput, rehearsedPod } from './rehearsed-pod.ts';
import { createScenarioCourse, type ScenarioCourse } from './scenario-course.ts';
import { isListening, lastWords } from './sidecar.ts';
import type { LogEntry } from './sidecar-log.ts';
import { createPod, type SimulatedPod } from './simulated-pod.ts';
import { killTasks } from './task-processes.ts';

export interface StageInput extends RehearsedPodInput {
  /** Where this life may keep its files; made anew, and removed with the stage. */
  readonly parent: string;
  readonly clock: Clock;
  readonly random: () => number;
  /** Aborts when the rehearsal is broken off, or lasts too long. */
  readonly signal: AbortSignal;
  readonly onEvent: (event: PodEvent) => void;
  readonly onEntry: (entry: LogEntry) => void;
}

export interface Stage
  extends Pick<RehearsedPodInput, 'containers'>,
    Pick<ScenarioCourse, 'until' | 'pause' | 'fail' | 'problem'> {
  readonly dir: string;
  readonly pod: SimulatedPod;
  readonly events: readonly PodEvent[];
  readonly log: readonly LogEntry[];
  mark(label: string, note?: string): void;
  /** Kills Hookkeeper and the processes of its tasks, as the end of a container does. */
  killSidecar(): Promise<void>;
  /** Whether the newest Hookkeeper listens. */
  serving(): boolean;
  /** Lets the postStart that was made to fail succeed from now on. */
  mend(): void;
  /** Opens a connection that is never closed to a port of 127.0.0.1; false where nobody takes it. */
  hold(port: number): Promise<boolean>;
  /** All that is known by now. */
  life(): Promise<RehearsedLife>;
  /** Ends what still runs and removes its files. */
  close(): Promise<void>;
}

/** The file whose being there mends the postStart that was made to fail. */
export const MENDED = 'mended';
/** A sidecar that is told twice ends at once and takes its children with it; this is for one that does not, in ms. */
const END_BOUND_MS = 1000;

/** Sets the pod up and starts its kubelet. */
export async function openStage(input: StageInput): Promise<Stage> {
  const { clock, random } = input;
  const dir = mkdtempSync(join(input.parent, 'life-'));
  const ports = { port: await freePort(random), opsPort: await freePort(random) };
  const events: PodEvent[] = [];
  const log: LogEntry[] = [];
  const marks: Mark[] = [];
  const sockets: Socket[] = [];
  const course = createScenarioCourse(clock, input.signal);
  let closed = false;

  const onSidecarLine = (entry: LogEntry | undefined) => {
    if (entry !== undefined) {
      log.push(entry);
      input.onEntry(entry);
    }
    course.changed();
  };
  const pod = createPod({
    spec: rehearsedPod(input, { dir, ...ports, onSidecarLine }),
    times: MEASURED_TIMES,
    version: '1.36',
    clock,
    onEvent(event) {
      // What is ended at the end is no part of the life.
      if (closed) return;
      events.push(event);
      input.onEvent(event);
      if (isFalseStart(event, log)) course.fail(`hookkeeper did not start: ${lastWords(sidecarOf(pod))}`);
      course.changed();
    },
  });

  pod.startKubelet();
  return {
    ...course,
    dir,
    pod,
    containers: input.containers,
    events,
    log,
    mark: (label, note = '') => void marks.push({ label, atMs: clock.epochMs(), note }),
    async killSidecar() {
      const child = sidecarOf(pod);
      child?.kill('SIGKILL');
      await child?.exited;
      killTasks(runsOf(log));
    },
    serving: () => isListening(sidecarOf(pod)),
    mend: () => writeFileSync(join(dir, MENDED), ''),
    hold: (port) => holdOpen(port, sockets),
    async life() {
      // Half of a write is never seen, and a journal that is not there yet has no runs.
      const data = await journalFile(join(dir, 'journal'))
        .read()
        .catch(() => null);
      return { events, log, runs: data?.runs ?? [], marks };
    },
    async close() {
      closed = true;
      course.end();
      for (const socket of sockets) socket.destroy();
      await endPod(pod, clock);
      killTasks(runsOf(log));
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

async function endPod(pod: SimulatedPod, clock: Clock): Promise<void> {
  pod.killKubelet();
  const child = sidecarOf(pod);
  // Two signals, and two different ones, as equal ones can become one.
  child?.kill('SIGTERM');
  child?.kill('SIGINT');
  const late = new AbortController();
  await Promise.race([child?.exited, wait(clock, END_BOUND_MS, late.signal)]);
  late.abort();
  await pod.close();
}

/** The first sidecar has to come up; later ones may be killed by the scenario. */
function isFalseStart(event: PodEvent, log: readonly LogEntry[]): boolean {
  if (event.type !== 'containerEnded' || event.container !== SIDECAR) return false;
  return !log.some((entry) => entry.event === 'journal.opened');
}

function sidecarOf(pod: SimulatedPod) {
  return pod.instance(SIDECAR)?.child;
}

function runsOf(log: readonly LogEntry[]): Set<string> {
  return new Set(log.flatMap(({ run }) => run ?? []));
}
