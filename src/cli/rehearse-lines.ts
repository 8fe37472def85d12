import { seconds } from '../hooks/sentence.ts';
import { terminalTimeline } from '../observe/timeline/terminal.ts';
import { visible } from '../observe/visible-text.ts';
import {
  brokenOf,
  type Rehearsal,
  type RehearsedScenario,
  timelineOfScenario,
  verdictName,
} from '../rehearse/rehearsal.ts';
import { type Paint, painter } from './problem-lines.ts';

/** How many of the last lines of a task's output are shown. */
const OUTPUT_LINES = 3;

/** What is played next. */
export function headLines(
  { name, about }: Pick<RehearsedScenario, 'name' | 'about'>,
  { colour }: { readonly colour: boolean },
): string[] {
  return ['', `${painter(colour)('bold', name)}: ${about}`];
}

/** A scenario that is over: its picture, and what it kept. */
export function scenarioLines(
  scenario: RehearsedScenario,
  { columns, colour }: { readonly columns: number; readonly colour: boolean },
): string[] {
  const { notPlayed, verdicts, runs } = scenario;
  const paint = painter(colour);
  if (notPlayed !== null) return [`not played: ${notPlayed}`];
  const picture =
    runs.length === 0
      ? []
      : terminalTimeline(timelineOfScenario(scenario), { columns, colour, outputLines: OUTPUT_LINES })
          .trimEnd()
          .split('\n');
  const told = verdicts.map((verdict) => {
    const sign = verdict.held ? paint('green', '✔') : paint('red', '✘');
    return `${sign} ${verdictName(verdict)}: ${visible(verdict.why)}`;
  });
  return ['', ...picture, '', ...told];
}

/** What all scenarios came to. */
export function sumLine(rehearsal: Rehearsal, paint: Paint): string {
  const played = rehearsal.scenarios.filter(({ notPlayed }) => notPlayed === null);
  const broken = brokenOf(rehearsal).length;
  const lastedMs = played.reduce((sum, { durationMs }) => sum + durationMs, 0);
  const how = rehearsal.dryRun ? 'foreseen' : `played in ${seconds(lastedMs)}`;
  const sum = `${played.length} of ${rehearsal.scenarios.length} scenarios ${how}`;
  if (broken === 0) return `\n${paint('green', '✔')} ${sum}, everything was kept`;
  const where = played.filter(({ verdicts }) => verdicts.some(({ held }) => !held)).map(({ name }) => name);
  return `\n${paint('red', '✘')} ${sum}, ${broken} broken in ${where.join(', ')}`;
}
