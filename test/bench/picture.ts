/** The ratios as bars on a logarithmic scale, for a page: an SVG that follows the reader's colours and is legible without any. */
import type { Machine } from './machine.ts';
import type { Outcome } from './report.ts';
import { type Comparison, isReached } from './row.ts';

const WIDTH = 900;
const LABELS = 400;
const VALUES = 130;
const BARS = WIDTH - LABELS - VALUES;
const ROW = 24;
const TOP = 64;

/** In light and in dark. What misses its aim is hatched, too, as colours alone tell nothing in print. */
const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .small { font-size: 11px; fill: #59636e }
  .plain { fill: #6e7781 } .reached { fill: #1a7f37 } .missed { fill: url(#hatch) }
  .hatch { stroke: #bc4c00 } .axis { stroke: #59636e } .aim { stroke: #1f2328; stroke-width: 2 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .small { fill: #9198a1 } .plain { fill: #9198a1 } .reached { fill: #3fb950 }
    .hatch { stroke: #f0883e } .axis { stroke: #9198a1 } .aim { stroke: #e6edf3 }
  }`;

/** Draws what was measured. A bar to the right of the line costs more than the peer, one to the left less. */
export function pictureOf(machine: Machine, outcomes: readonly Outcome[]): string {
  const all = outcomes.flatMap((outcome) => (outcome.state === 'measured' ? outcome.comparisons : []));
  const most = Math.max(2, ...all.flatMap((each) => [Math.abs(Math.log2(costOf(each))), Math.log2(each.aim ?? 1)]));
  const middle = LABELS + BARS / 2;
  const at = (ratio: number) => middle + (Math.log2(ratio) / most) * (BARS / 2);
  const height = TOP + all.length * ROW + 12;
  const { node, system, cores } = machine;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="What Hookkeeper costs beside its peers">
<style>${STYLE}
</style>
<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><line class="hatch" y2="6" stroke-width="6"/></pattern></defs>
<text x="8" y="22">What Hookkeeper costs, as a multiple of what the peer does (logarithmic)</text>
<text class="small" x="8" y="42">${escaped(`Node ${node}, ${system}, ${cores} cores. Upright stroke: the aim; hatched: missed. Left of the line is cheaper.`)}</text>
<line class="axis" x1="${middle}" x2="${middle}" y1="${TOP - 8}" y2="${height - 8}"/>
${all.map((each, index) => barOf(each, TOP + index * ROW, at)).join('\n')}
</svg>
`;
}

/** Of what is better the more there is, the other way round. */
function costOf({ unit, ratio }: Comparison): number {
  return unit === '/s' ? 1 / ratio : ratio;
}

function barOf(comparison: Comparison, y: number, at: (ratio: number) => number): string {
  const { measure, peer, aim } = comparison;
  const cost = costOf(comparison);
  const [from, to] = [Math.min(at(1), at(cost)), Math.max(at(1), at(cost))].map((x) => x.toFixed(1));
  const kind = aim === undefined ? 'plain' : isReached(cost, aim) ? 'reached' : 'missed';
  const told = `${cost.toFixed(2)}x${aim === undefined ? '' : `, aim ${aim}x`}`;
  const stroke =
    aim === undefined
      ? ''
      : `<line class="aim" x1="${at(aim).toFixed(1)}" x2="${at(aim).toFixed(1)}" y1="${y}" y2="${y + ROW - 4}"/>`;
  return [
    `<text x="8" y="${y + 15}">${escaped(measure.replace(' (more is better)', ''))} <tspan class="small">/ ${escaped(peer)}</tspan></text>`,
    `<rect class="${kind}" x="${from}" y="${y + 3}" width="${(Number(to) - Number(from)).toFixed(1)}" height="${ROW - 10}"/>${stroke}`,
    `<text x="${WIDTH - VALUES + 16}" y="${y + 15}">${told}</text>`,
  ].join('');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
