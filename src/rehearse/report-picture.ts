/** A rehearsal as one SVG file, for a README: each scenario's picture with its verdicts below. */
import { type Element, element, toMarkup } from '../observe/timeline/markup.ts';
import { picture } from '../observe/timeline/picture.ts';
import { PICTURE_STYLE } from '../observe/timeline/picture-style.ts';
import { visible } from '../observe/visible-text.ts';
import { type Rehearsal, type RehearsedScenario, timelineOfScenario, verdictName } from './rehearsal.ts';

const WIDTH = 960;
const LINE = 20;
const EDGE = 8;
/** As many characters of a verdict as the width has room for. */
const CHARACTERS = 140;

/** The whole file. */
export function reportPicture({ config, scenarios }: Rehearsal): string {
  let y = EDGE;
  const parts: Element[] = [];
  for (const scenario of scenarios) {
    const { drawn, height } = scenarioPart(scenario, y);
    parts.push(...drawn);
    y += height;
  }
  const words = scenarios.map(({ name, verdicts }) => `${name}: ${sumOf(verdicts)}`);
  const size = { viewBox: `0 0 ${WIDTH} ${y}`, width: WIDTH, height: y };
  const names = { role: 'group', 'aria-labelledby': 'rehearsal-title rehearsal-desc' };
  const whole = element(
    'svg',
    { xmlns: 'http://www.w3.org/2000/svg', class: 'hk-picture', ...size, ...names },
    element('style', {}, PICTURE_STYLE),
    element('title', { id: 'rehearsal-title' }, visible(`Rehearsal of ${config.file}`)),
    element('desc', { id: 'rehearsal-desc' }, visible(words.join('. '))),
    element('rect', { class: 'hk-paper', x: 0, y: 0, width: WIDTH, height: y }),
    ...parts,
  );
  return `${toMarkup(whole)}\n`;
}

function sumOf(verdicts: RehearsedScenario['verdicts']): string {
  const broken = verdicts.filter(({ held }) => !held).length;
  return broken === 0 ? `all ${verdicts.length} promises and checks held` : `${broken} of ${verdicts.length} broken`;
}

function scenarioPart(scenario: RehearsedScenario, top: number) {
  const { name, about, notPlayed, verdicts } = scenario;
  const line = (y: number, text: string, kind = '') =>
    element('text', { x: EDGE, y: y + 14, ...(kind === '' ? {} : { class: kind }) }, cut(visible(text)));
  const heading = line(top, `${name}: ${about}`, 'hk-head');
  if (notPlayed !== null) {
    return { drawn: [heading, line(top + LINE, `not played: ${notPlayed}`, 'hk-soft')], height: 3 * LINE };
  }
  const drawing = picture(timelineOfScenario(scenario), {
    width: WIDTH,
    prefix: `hk-${name}`,
    title: `${name}: ${about}`,
  });
  const pictureHeight = Number(drawing.attributes['height']);
  const pictureTop = top + LINE + EDGE;
  const from = pictureTop + pictureHeight + EDGE;
  const told = verdicts.map((verdict, index) => {
    const text = `${verdict.held ? '✔' : '✘'} ${verdictName(verdict)}: ${verdict.why}`;
    return line(from + index * LINE, text, verdict.held ? '' : 'hk-broken-verdict');
  });
  return {
    drawn: [heading, { ...drawing, attributes: { ...drawing.attributes, x: 0, y: pictureTop } }, ...told],
    height: LINE + EDGE + pictureHeight + EDGE + verdicts.length * LINE + 2 * EDGE,
  };
}

function cut(text: string): string {
  return text.length <= CHARACTERS ? text : `${text.slice(0, CHARACTERS - 1).toWellFormed()}…`;
}
