import { accessSync, constants, existsSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { messageOf } from '../hooks/sentence.ts';
import { codeOf } from '../journal/durable-file.ts';
import type { Rehearsal } from '../rehearse/rehearsal.ts';
import { reportPage } from '../rehearse/report-page.ts';
import { reportPicture } from '../rehearse/report-picture.ts';

/** What a file of a report is, by how its name ends; undefined for another name. */
export function formOf(file: string): ((rehearsal: Rehearsal) => string) | undefined {
  if (/\.html?$/i.test(file)) return reportPage;
  return /\.svg$/i.test(file) ? reportPicture : undefined;
}

/** A line for each file that surely can't be written: a rehearsal takes minutes, and is to be told before. */
export function unwritable(files: readonly string[]): string[] {
  return files.flatMap((file) => {
    try {
      if (existsSync(file) && statSync(file).isDirectory())
        return [`cannot write ${file}: it is a folder, name a file in it`];
      // With a slash behind it, a file is no folder.
      accessSync(existsSync(file) ? file : `${dirname(file)}/`, constants.W_OK);
      return [];
    } catch (error) {
      return [`cannot write ${file}: ${whyNot(file, error)}`];
    }
  });
}

/** Why a file can't be written, and what to do. */
function whyNot(file: string, error: unknown): string {
  const folder = dirname(file);
  switch (codeOf(error)) {
    case 'ENOENT':
      return `there is no folder ${folder}, make it or name a file elsewhere`;
    case 'ENOTDIR':
      return `${folder} is no folder, name a file elsewhere`;
    case 'EACCES':
    case 'EROFS':
      return `this user may not write ${existsSync(file) ? 'it' : `into ${folder}`}, name a file elsewhere`;
    default:
      return messageOf(error);
  }
}

/** Writes the reports and the record; returns a line for each, and whether all could be written. */
export function writeFiles(
  rehearsal: Rehearsal,
  reports: readonly string[],
  record: string | undefined,
): { readonly ok: boolean; readonly lines: readonly string[] } {
  const files = [
    ...reports.flatMap((file) => {
      const form = formOf(file);
      return form === undefined ? [] : [{ file, text: form(rehearsal) }];
    }),
    ...(record === undefined ? [] : [{ file: record, text: `${JSON.stringify(rehearsal, null, 1)}\n` }]),
  ];
  let ok = true;
  const lines = files.map(({ file, text }) => {
    try {
      writeFileSync(file, text);
      return `wrote ${file}`;
    } catch (error) {
      ok = false;
      return `cannot write ${file}: ${whyNot(file, error)}`;
    }
  });
  return { ok, lines };
}
