/** `hookkeeper rehearse`: plays a pod's life before a cluster does, shows it, and says which promises it kept. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { messageOf } from '../hooks/sentence.ts';
import { brokenOf, playedOf, REHEARSAL_VERSION } from '../rehearse/rehearsal.ts';
import { unwritable, writeFiles } from './rehearse-files.ts';
import { sumLines } from './rehearse-lines.ts';
import { foresee, play } from './rehearse-play.ts';
import { prepare, type RehearseInput } from './rehearse-subject.ts';
import { sentenceLines } from './sentence-lines.ts';

/** Resolves with the exit code: 0; 1 when something was broken; 2 for what can't be rehearsed; 130 when it was broken off. */
export async function rehearse(input: RehearseInput): Promise<number> {
  const { file, dryRun, write } = input;
  const blocked = unwritable([...input.reports, ...(input.record === undefined ? [] : [input.record])]);
  for (const line of blocked.flatMap((each) => sentenceLines(each, input, '  '))) write(`${line}\n`);
  const subject = blocked.length > 0 ? undefined : await prepare(input);
  if (subject === undefined) return 2;
  const { config } = subject;
  const parent = dryRun ? undefined : folderOfItsOwn();
  if (typeof parent === 'object') {
    write(`${parent.problem}\n`);
    return 2;
  }
  const scenarios = parent === undefined ? await foresee(input, subject) : await play(input, subject, parent);
  if (scenarios === undefined) return 130;
  const { periodMs, reserveMs } = config.grace;
  const rehearsal = {
    version: REHEARSAL_VERSION,
    config: { file: basename(file), digest: config.digest },
    grace: { periodMs, reserveMs },
    dryRun,
    scenarios,
  } as const;
  const written = writeFiles(rehearsal, input.reports, input.record);
  const told = written.lines.flatMap((line) => sentenceLines(line, input, '  '));
  for (const line of [...sumLines(rehearsal, input), ...told]) write(`${line}\n`);
  // What looked at nothing must not pass.
  if (playedOf(rehearsal).length === 0) return 2;
  return brokenOf(rehearsal).length === 0 && written.ok ? 0 : 1;
}

/** Where lives keep their journals; else why there is no such place, as in a container that is read-only. */
function folderOfItsOwn(): string | { readonly problem: string } {
  try {
    return mkdtempSync(join(tmpdir(), 'hookkeeper-rehearse-'));
  } catch (error) {
    return { problem: `a rehearsal needs a folder to write in: ${messageOf(error)}; name one in TMPDIR` };
  }
}
