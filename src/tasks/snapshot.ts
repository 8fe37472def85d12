import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod/mini';
import type { Figure } from '../config/figure.ts';
import type { ActionProblem, TaskKind } from '../config/task-kind.ts';
import type { AttemptContext, AttemptResult, TaskAction } from '../hooks/task.ts';
import type { VariableUse } from './captured-values.ts';
import { checkHttp } from './http/http-check.ts';
import { lookalikesOf, variablesOf } from './http/http-fill.ts';
import { shownTarget } from './http/http-request-settings.ts';
import { temporaryFile } from './snapshot/file-names.ts';
import { baseOf, isGlob } from './snapshot/glob.ts';
import { type Place, shownPlace, workFolderOf } from './snapshot/place.ts';
import { newTicket, runJob, type Ticket } from './snapshot/run-job.ts';
import type { Taken, TakeSettings } from './snapshot/take.ts';
import { checkThere } from './snapshot-task/snapshot-check.ts';
import { fetchSource } from './snapshot-task/snapshot-fetch.ts';
import { keptBy } from './snapshot-task/snapshot-kept.ts';
import { fillName } from './snapshot-task/snapshot-name.ts';
import type { WrittenUpload } from './snapshot-task/snapshot-place.ts';
import { checkApart, checkDestination } from './snapshot-task/snapshot-place-check.ts';
import { createQuiesce } from './snapshot-task/snapshot-quiesce.ts';
import { takenLines } from './snapshot-task/snapshot-sentences.ts';
import { type FetchedSource, type SnapshotSettings, snapshotSettings } from './snapshot-task/snapshot-settings.ts';
import { prepareUpload, shownUpload, variablesOfUpload } from './snapshot-task/snapshot-upload.ts';
import { summaryLine } from './summary-line.ts';

/** Enough to close and remove an archive that is being written; a disk that takes longer hangs. */
const STOP_MS = 2000;

/** Enough to ask a server to take back an upload and to remove what is there of it. */
const NETWORK_STOP_MS = 3500;

const FIGURES = {
  bytes: { name: 'hookkeeper_snapshot_bytes', type: 'gauge', help: 'Size of the last archive that was kept' },
  duration: {
    name: 'hookkeeper_snapshot_duration_seconds',
    type: 'gauge',
    help: 'How long the last archive that was kept took to write',
  },
  lastSuccess: {
    name: 'hookkeeper_snapshot_last_success_timestamp_seconds',
    type: 'gauge',
    help: 'When the last snapshot was kept that counts as good, in seconds since 1970',
  },
} as const satisfies Record<string, Figure>;

/** `snapshot`: saves folders and files as one archive, and never at the cost of the last good one. */
export const snapshotTask: TaskKind<TaskAction> = {
  name: 'snapshot',
  figures: Object.values(FIGURES),
  schema: () => z.pipe(snapshotSettings(), z.transform(snapshotAction)),
};

function snapshotAction(snapshot: SnapshotSettings): TaskAction {
  const { sources, destination, pathOf } = snapshot;
  const quiesce = createQuiesce(snapshot, stopMsOf(destination));
  return {
    summary: summaryLine(`snapshot ${sources.map(shownSource).join(', ')} to ${shownDestination(destination)}`),
    ownMs: undefined,
    stopMs: quiesce.stopMs,
    afterMs: quiesce.afterMs,
    uses: [
      ...quiesce.uses,
      ...sources.flatMap((each, index) => usesOf(each, pathOf(index))),
      ...(isUpload(destination) ? below(variablesOfUpload(destination), ['destination']) : []),
    ],
    lookalikes: () => [
      ...quiesce.lookalikes(),
      ...sources.flatMap((each, index) => (typeof each === 'string' ? [] : below(lookalikesOf(each), pathOf(index)))),
    ],
    keeps: (container) => keptBy(snapshot, container),
    check: () => [
      ...sources.flatMap((each, index) => checkSource(each, pathOf(index))),
      ...checkDestination(destination),
      ...quiesce.check(),
    ],
    checkText: () => [
      ...checkApart(
        destination,
        sources.filter((each) => typeof each === 'string'),
      ),
      ...quiesce.checkText(),
    ],
    run: (attempt) => quiesce.around(attempt, (before) => copy(snapshot, before)),
  };
}

type Source = SnapshotSettings['sources'][number];

function shownSource(source: Source): string {
  return typeof source === 'string' ? source : shownTarget(source);
}

function usesOf(source: Source, path: VariableUse['path']) {
  if (typeof source === 'string') return [];
  return below(variablesOf(source), path);
}

function below<T extends Pick<VariableUse, 'path'>>(found: readonly T[], path: VariableUse['path']): T[] {
  return found.map((each) => ({ ...each, path: [...path, ...each.path] }));
}

type Destination = SnapshotSettings['destination'];

function isUpload(destination: Destination): destination is WrittenUpload {
  return typeof destination !== 'string' && !('kind' in destination);
}

function shownDestination(destination: Destination): string {
  return isUpload(destination) ? shownUpload(destination) : shownPlace(destination);
}

function stopMsOf(destination: Destination): number {
  return typeof destination === 'string' ? STOP_MS : NETWORK_STOP_MS;
}

function checkSource(source: Source, path: ActionProblem['path']): ActionProblem[] {
  if (typeof source === 'string') return checkThere(isGlob(source) ? baseOf(source) : source, path);
  return checkHttp(source).map((problem) => ({ ...problem, path: [...path, ...problem.path] }));
}

async function copy(snapshot: SnapshotSettings, attempt: AttemptContext): Promise<AttemptResult> {
  using ticket = newTicket();
  const name = fillName(snapshot.name, attempt.container);
  const prepared = await placeOf(snapshot.destination, attempt);
  if (!prepared.ok) return { outcome: 'failed', reason: prepared.problem, retryable: true };
  const { place } = prepared;
  const folder = workFolderOf(place);
  const toFetch = snapshot.sources
    .filter((source) => typeof source !== 'string')
    .map((source, index) => ({ source, path: join(folder, temporaryFile(name, ticket.own, `fetched${index}`)) }));
  try {
    const problem = await fetchAll(folder, toFetch, attempt);
    if (problem !== undefined) return problem;
    const fetched = toFetch.map(({ source, path }) => ({ name: source.as, path }));
    return await take({ snapshot, place, name, fetched, ticket }, attempt);
  } finally {
    for (const { path } of toFetch) await rm(path, { force: true }).catch(() => {});
  }
}

async function placeOf(destination: Destination, { captured }: AttemptContext) {
  return isUpload(destination) ? prepareUpload(destination, captured) : ({ ok: true, place: destination } as const);
}

interface ToFetch {
  readonly source: FetchedSource;
  readonly path: string;
}

async function fetchAll(
  folder: string,
  toFetch: readonly ToFetch[],
  attempt: AttemptContext,
): Promise<AttemptResult | undefined> {
  // What cannot be made is told by what is written there.
  if (toFetch.length > 0) await mkdir(folder).catch(() => {});
  for (const { source, path } of toFetch) {
    const fetched = await fetchSource(source, path, attempt);
    if (!fetched.ok) return { outcome: 'failed', reason: fetched.reason, retryable: fetched.retryable };
  }
  return undefined;
}

interface TakeInput {
  readonly snapshot: SnapshotSettings;
  readonly place: Place;
  readonly name: string;
  readonly fetched: TakeSettings['fetched'];
  readonly ticket: Ticket;
}

async function take(
  { snapshot, place, name, fetched, ticket }: TakeInput,
  attempt: AttemptContext,
): Promise<AttemptResult> {
  const { format, level, keep, exclude, minBytes, minFiles, onSmaller, smallerThan, limit } = snapshot;
  const { hook, container, run, task } = attempt;
  const settings: TakeSettings = {
    sources: snapshot.sources.filter((source) => typeof source === 'string'),
    shownSources: snapshot.sources.map(shownSource),
    limitBytesPerS: limit,
    about: { hook, container, run, task },
    name,
    fetched,
    destination: place,
    format,
    level,
    keep,
    exclude,
    minBytes,
    minFiles,
    onSmaller,
    smallerThan,
  };
  const { clock, signal, stopMs, progress } = attempt;
  const copyStopMs = () => Math.min(stopMs(), stopMsOf(snapshot.destination));
  const end = await runJob({ kind: 'take', settings }, ticket, { clock, signal, stopMs: copyStopMs, progress });
  switch (end.kind) {
    case 'taken':
      for (const line of takenLines(end.taken, place)) attempt.output(line);
      tellFigures(end.taken, attempt);
      return { outcome: 'succeeded' };
    case 'failed':
      return { outcome: 'failed', reason: end.reason, retryable: end.retryable };
    case 'restored':
    case 'verified':
      throw new Error(`a snapshot cannot end as ${end.kind}`);
  }
}

function tellFigures({ manifest }: Taken, { figure, clock }: AttemptContext): void {
  figure(FIGURES.bytes, manifest.archiveBytes);
  figure(FIGURES.duration, manifest.durationMs / 1000);
  if (manifest.smaller === null) figure(FIGURES.lastSuccess, Math.floor(clock.epochMs() / 1000));
}
