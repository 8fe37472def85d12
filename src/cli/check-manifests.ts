import { HIDDEN } from '../config/problem.ts';
import type { ActionFacts } from '../config/task-kind.ts';
import type { TaskTable } from '../config/task-table.ts';
import { checkManifests, type NamedText } from '../manifests/check-manifests.ts';
import type { ManifestFinding } from '../manifests/finding.ts';
import { RULES } from '../manifests/rules.ts';
import { visible } from '../observe/visible-text.ts';
import { wrapWords } from '../observe/wrap-words.ts';
import { findingsJson, unreadable } from './findings-json.ts';
import { readManifestFiles } from './manifest-files.ts';
import { countOf, painter, problemHead } from './problem-lines.ts';
import { type SentenceStyle, sentenceLines } from './sentence-lines.ts';
import { sourceExcerpt } from './source-excerpt.ts';

export interface CheckManifestsInput<A extends ActionFacts> {
  /** Files, folders, or `-`. */
  readonly manifests: readonly string[];
  /** The config file where it was named; undefined: it is looked for among the manifests. */
  readonly configFile: string | undefined;
  readonly output: 'text' | 'json';
  readonly table: TaskTable<A>;
  readonly write: (text: string) => void;
  readonly colour: boolean;
  readonly columns: number;
  /** Whether sentences are broken between words. Default: false. */
  readonly terminal?: boolean;
}

/** No line of sentences is longer: they could not be read well. */
const MOST_PROSE = 120;

/**
 * `hookkeeper check --manifest`: prints every mismatch between manifests and config. Returns the exit code: 0, 1 if an error
 * is among the findings, 2 if something could not be looked at.
 */
export function checkManifestFiles<A extends ActionFacts>(input: CheckManifestsInput<A>): 0 | 1 | 2 {
  const { manifests, configFile, output, table, write } = input;
  const read = readManifestFiles(manifests);
  const config = configFile === undefined ? undefined : readManifestFiles([configFile]);
  const unread = [read, ...(config === undefined ? [] : [config])].flatMap((each) => (each.ok ? [] : each.unread));
  const texts = read.ok ? read.files : [];
  const named = config?.ok === true ? config.files[0] : undefined;
  const report =
    unread.length > 0
      ? { checked: [], findings: unread.map(unreadable) }
      : checkManifests({ manifests: texts, config: named, table });
  const { findings } = report;
  if (output === 'json') write(findingsJson(findings));
  else write(textOf(findings, report.checked, [...texts, ...(named === undefined ? [] : [named])], input));
  if (findings.some(({ code }) => code === 'unusable')) return 2;
  return findings.some(({ severity }) => severity === 'error') ? 1 : 0;
}

function textOf<A extends ActionFacts>(
  findings: readonly ManifestFinding[],
  checked: readonly string[],
  texts: readonly NamedText[],
  look: CheckManifestsInput<A>,
): string {
  const closed = sentenceLines(closing(findings, checked), look, '  ');
  return [...findingLines(findings, texts, look), ...closed, ''].join('\n');
}

/** Findings for people: each with its line of the text, why it is one where its code comes first, what to write instead, and an empty line. */
export function findingLines(
  findings: readonly ManifestFinding[],
  texts: readonly NamedText[],
  style: SentenceStyle & { readonly colour: boolean },
): string[] {
  const { colour, columns } = style;
  const paint = painter(colour);
  const told = new Set<string>();
  return findings.flatMap(({ code, severity, place, message, fix, hidden = false }) => {
    const reason = told.has(code) ? '' : (RULES.find((rule) => rule.code === code)?.reason ?? '');
    told.add(code);
    const { file, line, column } = place;
    const text = texts.find((each) => each.file === file)?.text ?? '';
    const excerpt = sourceExcerpt({ line, column, value: hidden ? HIDDEN : undefined }, text, columns).map((each) =>
      paint('dim', each),
    );
    const at = `${visible(file)}:${line}:${column}`;
    const head = problemHead(at, severity, `${visible(message)} [${code}]`, style, paint);
    const remedy = fix.split('\n').map((each) => `      ${paint('green', `+ ${visible(each)}`)}`);
    const why = reason === '' ? [] : wrapWords(reason.replaceAll('`', ''), Math.min(MOST_PROSE, columns - 6));
    return [...head, ...excerpt, ...why.map((each) => `      ${each}`), ...remedy, ''];
  });
}

function closing(findings: readonly ManifestFinding[], checked: readonly string[]): string {
  const counts = countOf(findings);
  const about = checked.length === 0 ? 'Nothing was checked' : visible(checked.join(', '));
  return counts === '' ? `${about}: good` : `${about}: ${counts}`;
}
