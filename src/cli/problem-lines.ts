import { styleText } from 'node:util';
import { formatPlace, formatSentence, type Problem } from '../config/problem.ts';
import { type SentenceStyle, sentenceLines } from './sentence-lines.ts';
import { sourceExcerpt } from './source-excerpt.ts';

type Style = Parameters<typeof styleText>[0];

/** Paints where there is colour. */
export type Paint = (style: Style, text: string) => string;

export function painter(colour: boolean): Paint {
  return (style, text) => (colour ? styleText(style, text, { validateStream: false }) : text);
}

/** What is wrong with a config, each problem with its line of `text` and an empty line after it. */
export function problemLines(problems: readonly Problem[], text: string, style: SentenceStyle, paint: Paint): string[] {
  return problems.flatMap((problem) => {
    const excerpt = sourceExcerpt(problem, text, style.columns).map((line) => paint('dim', line));
    return [
      ...problemHead(formatPlace(problem), problem.severity, formatSentence(problem), style, paint),
      ...excerpt,
      '',
    ];
  });
}

/** Where something is wrong, how bad it is, and what. */
export function problemHead(
  place: string,
  severity: Problem['severity'],
  sentence: string,
  style: SentenceStyle,
  paint: Paint,
): string[] {
  const start = `${place} ${severity}`;
  const painted = `${paint('bold', place)} ${paint(severity === 'error' ? 'red' : 'yellow', severity)}`;
  const [first = '', ...more] = sentenceLines(`${start} ${sentence}`, style, '    ');
  // A place that is longer than a line is cut, and has no colour.
  return [first.startsWith(start) ? painted + first.slice(start.length) : first, ...more];
}

/** `2 errors and 1 warning`; empty for none. */
export function countOf(problems: readonly { readonly severity: Problem['severity'] }[]): string {
  const of = (severity: Problem['severity']) => {
    const number = problems.filter((problem) => problem.severity === severity).length;
    return number === 0 ? [] : [`${number} ${severity}${number === 1 ? '' : 's'}`];
  };
  return [...of('error'), ...of('warning')].join(' and ');
}
