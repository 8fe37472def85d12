import { resolve } from 'node:path';
import type { ActionFacts } from '../config/task-kind.ts';
import type { TaskTable } from '../config/task-table.ts';
import { inject } from '../inject/inject.ts';
import type { SidecarRole } from '../inject/sidecar-container.ts';
import { takeOutOfFiles } from '../inject/take-out-files.ts';
import type { NamedText } from '../manifests/check-manifests.ts';
import type { ManifestFinding } from '../manifests/finding.ts';
import { visible } from '../observe/visible-text.ts';
import { findingLines } from './check-manifests.ts';
import { unreadable } from './findings-json.ts';
import { readManifestFiles } from './manifest-files.ts';
import { countOf } from './problem-lines.ts';

export interface UninjectInput {
  /** Files, folders, or `-`. */
  readonly manifests: readonly string[];
  /** Standard output: manifests and nothing else. */
  readonly write: (text: string) => void;
  /** Standard error. */
  readonly tell: (text: string) => void;
  readonly columns: number;
}

export interface InjectFilesInput<A extends ActionFacts> extends UninjectInput {
  readonly configFile: string;
  /** The container that was asked for; undefined: those of the config. */
  readonly container: string | undefined;
  readonly role: SidecarRole;
  /** The image that was asked for; undefined: that of this version. */
  readonly image: string | undefined;
  readonly version: string;
  readonly table: TaskTable<A>;
}

/**
 * `hookkeeper inject`: prints the manifests with Hookkeeper in them. Returns the exit code: 0; 1 if something stands in the way, or
 * 2 if something cannot be read: then it prints nothing that could be applied.
 */
export function injectFiles<A extends ActionFacts>(input: InjectFilesInput<A>): 0 | 1 | 2 {
  const read = readManifestFiles(input.manifests);
  const config = readManifestFiles([input.configFile]);
  const unread = [read, config].flatMap((each) => (each.ok ? [] : each.unread.map(unreadable)));
  const [named] = config.ok ? config.files : [];
  if (!read.ok || named === undefined) return refuse(unread, [], input, 2);
  // A folder may hold the config, too, which is no manifest.
  const files = read.files.filter(({ file }) => resolve(file) !== resolve(named.file));
  const defaultImage = `hookkeeper:${input.version}`;
  const result = inject({ ...input, files, config: named, defaultImage });
  const texts = [...files, named];
  if (!result.ok) return refuse(result.problems, texts, input, result.unusable ? 2 : 1);
  tellFindings(result.warnings, texts, input);
  return print(result.files, result.notes, input);
}

/** `hookkeeper inject --uninject`: prints the manifests as they were before. Returns the exit code: 0, or 2 for what cannot be read. */
export function uninjectFiles(input: UninjectInput): 0 | 2 {
  const read = readManifestFiles(input.manifests);
  if (!read.ok) return refuse(read.unread.map(unreadable), [], input, 2);
  const result = takeOutOfFiles(read.files, { keepChanged: false });
  if (!result.ok) return refuse(result.problems, read.files, input, 2);
  const workloads = result.files.flatMap((each) => each.workloads);
  const notes = workloads.map((workload) => `${workload}: taken out`);
  return print(result.files, notes.length > 0 ? notes : ['nothing was there to take out'], input);
}

function print(files: readonly NamedText[], notes: readonly string[], { write, tell }: UninjectInput): 0 {
  for (const note of notes) tell(`${visible(note)}\n`);
  write(oneText(files));
  return 0;
}

function refuse<Code extends 1 | 2>(
  problems: readonly ManifestFinding[],
  texts: readonly NamedText[],
  input: UninjectInput,
  code: Code,
): Code {
  tellFindings(problems, texts, input);
  input.tell(`nothing was injected: ${countOf(problems)}\n`);
  return code;
}

function tellFindings(
  findings: readonly ManifestFinding[],
  texts: readonly NamedText[],
  { tell, columns }: UninjectInput,
) {
  tell(
    findingLines(findings, texts, { colour: false, columns })
      .map((line) => `${line}\n`)
      .join(''),
  );
}

/** Several files become documents of one text; a single one stays as it is. */
function oneText(files: readonly NamedText[]): string {
  const texts = files.map(({ text }, index) => (index === 0 ? text : text.replace(/^\uFEFF/, '')));
  // What begins with a brace kubectl takes for JSON to the end, and stops at the next document.
  const isTakenForJson = texts.length > 1 && /^[ \t\r\n]*\{/.test(texts[0] ?? '');
  return texts
    .map((text, index) => {
      const separate = (index > 0 || isTakenForJson) && !/^---(\s|$)/.test(text) ? '---\n' : '';
      const ended = index === texts.length - 1 || text.endsWith('\n') ? text : `${text}\n`;
      return `${separate}${ended}`;
    })
    .join('');
}
