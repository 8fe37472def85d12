import { it } from 'vitest';
import { type LaneReport, runLane } from '../e2e/kill-lane.ts';
import { randomFrom } from '../helpers/random.ts';
import { type Broken, hand, SEED, times } from './tally.ts';

const LANES = 4;

it('kill -9 at every journal step and at random', async () => {
  const kills = times(2000);
  const lanes = await Promise.allSettled(
    Array.from({ length: LANES }, (_, lane) => runLane(Math.ceil(kills / LANES), randomFrom(SEED + lane))),
  );
  const reports = lanes.flatMap((lane): LaneReport[] => (lane.status === 'fulfilled' ? [lane.value] : []));
  const broken = lanes.flatMap((lane): Broken[] =>
    lane.status === 'fulfilled' ? [] : [{ promise: promiseOf(String(lane.reason)), what: String(lane.reason) }],
  );
  const sum = (of: (report: LaneReport) => number) => reports.reduce((all, report) => all + of(report), 0);
  const steps = new Set(reports.flatMap(({ found }) => [...found.keys()]));
  hand({
    fault: 'kill -9',
    rounds: sum(({ runs }) => runs),
    injected: sum(({ kills: killed }) => killed),
    executed: sum(({ executions }) => executions),
    rerun: sum(({ reruns }) => reruns),
    broken,
    note: `the kills found the journal in ${steps.size} different states of a run`,
  });
});

/** A lane ends at its first broken promise, with a sentence that says which. */
function promiseOf(reason: string): Broken['promise'] {
  if (/executed again after|though interrupted|without a claim/.test(reason)) return 'finished again';
  if (/kind: 'journal'|movedAside/.test(reason)) return 'unreadable';
  return /executions of/.test(reason) ? 'records lost' : 'wrong';
}
