import { styleText } from 'node:util';
import { formatPlace, formatSentence, type Problem } from '../config/problem.ts';
import { sourceExcerpt } from './source-excerpt.ts';

type Style = Parameters<typeof styleText>[0];

/** Paints where there is colour. */
export type Paint = (style: Style, text: string) => string;

export function painter(colour: boolean): Paint {
  return (style, text) => (colour ? styleText(style, text, { validateStream: false }) : text);
}

/** What is wrong with a config, each problem with its line of `text` and an empty line after it. */
export function problemLines(problems: readonly Problem[], text: string, columns: number, paint: Paint): string[] {
  return problems.flatMap((problem) => {
    const severity = paint(problem.severity === 'error' ? 'red' : 'yellow', problem.severity);
    const excerpt = sourceExcerpt(problem, text, columns).map((line) => paint('dim', line));
    return [`${paint('bold', formatPlace(problem))} ${severity} ${formatSentence(problem)}`, ...excerpt, ''];
  });
}

/** `2 errors and 1 warning`; empty for none. */
export function countOf(problems: readonly { readonly severity: Problem['severity'] }[]): string {
  const of = (severity: Problem['severity']) => {
    const number = problems.filter((problem) => problem.severity === severity).length;
    return number === 0 ? [] : [`${number} ${severity}${number === 1 ? '' : 's'}`];
  };
  return [...of('error'), ...of('warning')].join(' and ');
}
