import * as z from 'zod/mini';
import type { Lookalike, TaskKind } from '../config/task-kind.ts';
import type { AttemptContext, AttemptResult, TaskAction } from '../hooks/task.ts';
import { createFilling, variablesIn } from './captured-values.ts';
import { type FileEnd, removeFile, touchFile, writeFileAtomically } from './file/file-change.ts';
import { checkFile } from './file/file-check.ts';
import { type FileSettings, fileSettings } from './file/file-settings.ts';
import { bracesIn, parenthesesIn } from './lookalikes.ts';
import { readSmallFile } from './small-file.ts';
import { summaryLine } from './summary-line.ts';

/** `file`: writes, touches or removes one file, such as a marker on a volume that the app watches. */
export const fileTask: TaskKind<TaskAction> = {
  name: 'file',
  schema: () => z.pipe(fileSettings(), z.transform(fileAction)),
};

function fileAction(file: FileSettings): TaskAction {
  return {
    summary: summaryLine(`file ${file.act} ${file.path}`),
    ownMs: undefined,
    stopMs: 0,
    uses: file.act === 'write' ? variablesIn(file.content, ['content']) : [],
    lookalikes: () => lookalikesIn(file),
    check: () => checkFile(file),
    async run(attempt) {
      const end = await change(file, attempt);
      return end.ok
        ? { outcome: 'succeeded' }
        : failed(`could not ${file.act} ${file.path}: ${end.problem}`, end.passing);
    },
  };
}

/** A script that is written may know the value by itself, from its environment. */
function lookalikesIn(file: FileSettings): Lookalike[] {
  const inPath = (name: string) => ({
    why: 'as nothing is put into a path',
    remedy: `do it with exec, where it is "$${name}": exec: {shell: …}`,
  });
  const isText = file.act === 'write' && !file.content.startsWith('#!');
  return [
    ...parenthesesIn(file.path, [file.act], inPath),
    ...bracesIn(file.path, [file.act]).map((found) => ({ ...found, ...inPath(found.name) })),
    ...(isText ? bracesIn(file.content, ['content']) : []),
  ];
}

async function change(file: FileSettings, attempt: AttemptContext): Promise<FileEnd> {
  switch (file.act) {
    case 'touch':
      return touchFile(file.path);
    case 'remove':
      return removeFile(file.path);
    case 'write': {
      const content = await contentOf(file, attempt.captured);
      return content.ok ? writeFileAtomically(file.path, content.bytes, file.mode, attempt) : content;
    }
  }
}

type Content = { readonly ok: true; readonly bytes: Buffer } | (FileEnd & { readonly ok: false });

async function contentOf(
  { content, contentFile }: FileSettings & { readonly act: 'write' },
  captured: AttemptContext['captured'],
): Promise<Content> {
  if (contentFile !== undefined) {
    const read = await readSmallFile(contentFile);
    return read.ok ? read : { ok: false, problem: `contentFile, ${contentFile}, is ${read.problem}`, passing: true };
  }
  const { fill, problem } = createFilling(captured);
  const bytes = Buffer.from(fill(content));
  const missing = problem();
  return missing === undefined ? { ok: true, bytes } : { ok: false, problem: missing, passing: false };
}

function failed(reason: string, retryable: boolean): AttemptResult {
  return { outcome: 'failed', reason, retryable };
}
