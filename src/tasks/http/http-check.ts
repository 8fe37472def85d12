import { dirname } from 'node:path';
import type { ActionProblem } from '../../config/task-kind.ts';
import { checkFolder } from '../folder-check.ts';
import { MAX_FILE_BYTES, readSmallFileSync } from '../small-file.ts';
import { MAX_HEADER_FILE_BYTES } from './http-headers.ts';
import type { RequestSettings } from './http-request-settings.ts';

type Path = ActionProblem['path'];

type Settings = Pick<RequestSettings, 'headersFromFiles' | 'ca' | 'unixSocket'> & {
  readonly bodyFile?: string | undefined;
};

/** Looks whether the files that a request needs can be read. */
export function checkHttp({ headersFromFiles, bodyFile, ca, unixSocket }: Settings): ActionProblem[] {
  const headers = Object.entries(headersFromFiles).flatMap(([name, source]) => {
    const [file, at] = typeof source === 'string' ? [source, [name]] : [source.file, [name, 'file']];
    return checkFile(file, ['headersFromFiles', ...at], MAX_HEADER_FILE_BYTES);
  });
  return [
    ...headers,
    ...(bodyFile === undefined ? [] : checkFile(bodyFile, ['bodyFile'], MAX_FILE_BYTES)),
    ...(ca === undefined ? [] : checkCertificates(ca)),
    ...(unixSocket === undefined ? [] : checkFolder(dirname(unixSocket), ['unixSocket'])),
  ];
}

function checkFile(file: string, path: Path, maxBytes: number): ActionProblem[] {
  const read = readSmallFileSync(file, maxBytes);
  return read.ok ? [] : [unreadable(path, file, read.problem)];
}

function checkCertificates(file: string): ActionProblem[] {
  const read = readSmallFileSync(file);
  if (!read.ok) return [unreadable(['ca'], file, read.problem)];
  if (read.bytes.includes('-----BEGIN CERTIFICATE-----')) return [];
  const remedy = 'write the certificates in PEM, BEGIN and END lines included';
  return [{ severity: 'error', path: ['ca'], rule: 'must hold certificates', value: `${file} (none in it)`, remedy }];
}

function unreadable(path: Path, file: string, problem: string): ActionProblem {
  const remedy = 'mount it into this container, or correct the path';
  return { severity: 'error', path, rule: 'must be a file that can be read', value: `${file} (${problem})`, remedy };
}
