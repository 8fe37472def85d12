/**
 * The names of files in a folder of snapshots:
 *
 *     app-20260102T030405678Z.tar.zst            an archive; it has this name once all below stands and is verified
 *     app-20260102T030405678Z.tar.zst.sha256     its SHA-256, as `sha256sum -c` takes it
 *     app-20260102T030405678Z.tar.zst.json       its manifest
 *     app.latest                                 the name of the newest good archive, a line of text
 *     .app~HOST~PID~START~JOB.tmp                what somebody is writing, and by whom
 */
import { FORMATS, type Format } from './format-names.ts';

/** How a snapshot may be called, after its placeholders are filled in. */
export const NAME = /^[A-Za-z0-9_][-A-Za-z0-9_.]{0,99}$/;

export const SIDE_FILES = ['.json', '.sha256'] as const;

export interface ArchiveName {
  readonly file: string;
  readonly name: string;
  readonly format: Format;
  /** From the file's name: snapshots of a name never have the same, and a later one has a later one. */
  readonly takenAtMs: number;
}

export function archiveName(name: string, takenAtMs: number, format: Format): ArchiveName {
  const time = new Date(takenAtMs).toISOString().replaceAll(/[-:.]/g, '');
  return { file: `${name}-${time}.${format}`, name, format, takenAtMs };
}

const ARCHIVE = /^(.+)-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z\.(tar(?:\.zst|\.gz)?)$/;

/** Undefined for a file that is no archive. */
export function parseArchiveName(file: string): ArchiveName | undefined {
  const [, name, year, month, day, hour, minute, second, ms, extension] = ARCHIVE.exec(file) ?? [];
  const format = FORMATS.find((each) => each === extension);
  if (name === undefined || format === undefined) return undefined;
  const takenAtMs = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${ms}Z`);
  return Number.isNaN(takenAtMs) ? undefined : { file, name, format, takenAtMs };
}

/** The pointer to the newest good snapshot of a name. */
export function latestFile(name: string): string {
  return `${name}.latest`;
}

/** Who writes a temporary file: enough to know later whether it is still alive. */
export interface Writer {
  readonly host: string;
  readonly pid: number;
  /** When the process started, in the kernel's ticks: PIDs come again. 0 where that is unknown. */
  readonly start: number;
  /** One of the process's jobs. */
  readonly job: number;
}

/** A name that nobody else uses. `what` tells several files of one job apart. */
export function temporaryFile(name: string, { host, pid, start, job }: Writer, what: string): string {
  return `.${name}~${host}~${pid}~${start}~${job}.${what}.tmp`;
}

const TEMPORARY = /^\.([^~]+)~([^~]+)~(\d{1,10})~(\d{1,20})~(\d{1,10})\.[a-z0-9]+\.tmp$/;

/** Undefined for a file that is not temporary. */
export function parseTemporaryFile(file: string): { readonly name: string; readonly writer: Writer } | undefined {
  const [, name, host, pid, start, job] = TEMPORARY.exec(file) ?? [];
  if (name === undefined || host === undefined) return undefined;
  return { name, writer: { host, pid: Number(pid), start: Number(start), job: Number(job) } };
}
