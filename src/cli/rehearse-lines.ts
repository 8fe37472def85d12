import { seconds } from '../hooks/sentence.ts';
import { terminalTimeline } from '../observe/timeline/terminal.ts';
import { visible } from '../observe/visible-text.ts';
import {
  brokenOf,
  playedOf,
  type Rehearsal,
  type RehearsedScenario,
  timelineOfScenario,
  verdictName,
} from '../rehearse/rehearsal.ts';
import { painter } from './problem-lines.ts';
import type { ScreenStyle } from './rehearse-screen.ts';
import { sentenceLines } from './sentence-lines.ts';

/** How many of the last lines of a task's output are shown. */
const OUTPUT_LINES = 3;

export type LineStyle = Pick<ScreenStyle, 'terminal' | 'colour' | 'columns'>;

/** What is played next. */
export function headLines({ name, about }: Pick<RehearsedScenario, 'name' | 'about'>, style: LineStyle): string[] {
  const [first = '', ...more] = sentenceLines(`${name}: ${about}`, style, '  ');
  return ['', `${painter(style.colour)('bold', name)}${first.slice(name.length)}`, ...more];
}

/** A scenario that is over: its picture, and what it kept. */
export function scenarioLines(scenario: RehearsedScenario, style: LineStyle): string[] {
  const { columns, colour } = style;
  const { notPlayed, verdicts, runs } = scenario;
  if (notPlayed !== null) return sentenceLines(`not played: ${notPlayed}`, style, '  ');
  const picture =
    runs.length === 0
      ? []
      : terminalTimeline(timelineOfScenario(scenario), {
          columns,
          colour,
          outputLines: OUTPUT_LINES,
          explained: true,
        })
          .trimEnd()
          .split('\n');
  const told = verdicts.flatMap((verdict) =>
    signedLines(verdict.held, `${verdictName(verdict)}: ${visible(verdict.why)}`, style),
  );
  return ['', ...picture, '', ...told];
}

/** What all scenarios came to. */
export function sumLines(rehearsal: Rehearsal, style: LineStyle): string[] {
  const { good, text } = sumOf(rehearsal);
  return ['', ...signedLines(good, text, style)];
}

function signedLines(good: boolean, text: string, style: LineStyle): string[] {
  const paint = painter(style.colour);
  const [first = '', ...more] = sentenceLines(`x ${text}`, style, '    ');
  return [`${good ? paint('green', '✔') : paint('red', '✘')}${first.slice(1)}`, ...more];
}

function sumOf(rehearsal: Rehearsal): { readonly good: boolean; readonly text: string } {
  const played = playedOf(rehearsal);
  if (played.length === 0)
    return { good: false, text: `nothing was ${rehearsal.dryRun ? 'foreseen' : 'played'}, so nothing is known` };
  const broken = brokenOf(rehearsal).length;
  const lastedMs = played.reduce((sum, { durationMs }) => sum + durationMs, 0);
  const how = rehearsal.dryRun ? 'foreseen' : `played in ${seconds(lastedMs)}`;
  const sum = `${played.length} of ${rehearsal.scenarios.length} scenarios ${how}`;
  if (broken === 0) return { good: true, text: `${sum}, everything was kept` };
  const where = played.filter(({ verdicts }) => verdicts.some(({ held }) => !held)).map(({ name }) => name);
  return { good: false, text: `${sum}, ${broken} broken in ${where.join(', ')}` };
}
