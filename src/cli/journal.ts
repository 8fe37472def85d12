import type { JournalData } from '../journal/codec.ts';
import { codeOf } from '../journal/durable-file.ts';
import { journalFile, journalPath, UnusableJournal } from '../journal/journal-file.ts';
import { visible, visibleJson } from '../observe/visible-text.ts';
import { wrapWords } from '../observe/wrap-words.ts';
import { type JournalStyle, runLines } from './journal-lines.ts';

export interface JournalInput extends JournalStyle {
  /** The folder of the journal. */
  readonly dir: string;
  /** Print the decoded journal as JSON, for programs. */
  readonly json: boolean;
  readonly write: (text: string) => void;
  /** The wall-clock time, in ms since 1970. */
  readonly now: () => number;
}

/**
 * `hookkeeper journal`: prints what the journal has, and changes nothing, so it may be used beside the service. Resolves
 * with the exit code: 0, or 1 with a sentence where there is no journal that can be read. Never rejects.
 */
export async function journal({ dir, json, write, now, ...style }: JournalInput): Promise<number> {
  const print = (lines: readonly string[]) => write(`${lines.join('\n')}\n`);
  const sentence = (text: string) => wrapWords(text, style.columns, '  ');
  const path = journalPath(dir);
  const found = await readJournal(dir);
  if (typeof found === 'string') {
    print(sentence(visible(found)));
    return 1;
  }
  if (json) {
    write(`${visibleJson(found)}\n`);
    return 0;
  }
  const runs = found.runs.length === 1 ? '1 run' : `${found.runs.length} runs`;
  const pod = found.pod === null ? '' : ` of pod ${visible(found.pod.uid)}`;
  print([...sentence(`${visible(path)}: ${runs}${pod}`), ...runLines(found.runs, now(), style)]);
  return 0;
}

/** The journal in a folder, or why there is none. Never rejects. */
export async function readJournal(dir: string): Promise<JournalData | string> {
  const path = journalPath(dir);
  try {
    const data = await journalFile(dir).read();
    return (
      data ??
      `There is no journal ${path}: no service has written one here, or it is kept in memory, which hookkeeper status tells; name another folder with --journal`
    );
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return `Cannot read the journal ${path}: ${reason}; ${remedyOf(error)}`;
  }
}

function remedyOf(error: unknown): string {
  if (!(error instanceof UnusableJournal)) return 'this is a fault of hookkeeper';
  if (error.kind === 'newer') return 'print it with the hookkeeper that wrote it';
  // A system's error, not a decoder's: the service may well be able to read it.
  if (codeOf(error.cause) !== '') return 'check the folder, and that you are the user of the service';
  return 'the service moves it aside when it starts, and begins a new one';
}
