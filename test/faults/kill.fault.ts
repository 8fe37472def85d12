import { join } from 'node:path';
import { it } from 'vitest';
import { LANE_TASKS, type LaneOptions, type LaneReport, runLane } from '../e2e/kill-lane.ts';
import { IMAGE_ENV, IMAGE_FLAGS } from '../helpers/image-flags.ts';
import { randomFrom } from '../helpers/random.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';
import { type MemoryCgroup, memoryCgroup } from './memory-cgroup.ts';
import { powerCut, syncShim } from './power-cut.ts';
import { type Broken, hand, MEMORY_MIB, SEED, times } from './tally.ts';

const LANES = 4;

/** What a kill has to interrupt: each task of a lane, and what is before the first. Fewer kills may miss one by chance. */
const STEPS = ['no claim', ...LANE_TASKS.map((task) => `${task} running`)];
const ENOUGH_KILLS = 500;

it('kill -9 at every journal step and at random', async () => {
  await playLanes('kill -9', times(2000), (_random, cgroup) => ({ service: () => serviceIn(cgroup) }));
});

it('a power cut at random: what was not synced is gone', async () => {
  const library = syncShim(await temporaryFolder());
  await playLanes('power cut', times(300), (random, cgroup) => {
    let cut: ReturnType<typeof powerCut> | undefined;
    return {
      service({ dir, journalDir }) {
        cut = powerCut(library, journalDir, join(dir, 'synced'));
        const { env, ...service } = serviceIn(cgroup);
        return { ...service, env: { ...env, ...cut.env } };
      },
      afterKill: () => cut?.cut(random),
    };
  });
});

function serviceIn(cgroup: MemoryCgroup | undefined) {
  return { env: IMAGE_ENV, nodeFlags: IMAGE_FLAGS, wrapper: cgroup?.wrapper ?? [] };
}

async function playLanes(
  fault: string,
  kills: number,
  optionsOf: (random: () => number, cgroup: MemoryCgroup | undefined) => LaneOptions,
): Promise<void> {
  const cgroups = Array.from({ length: LANES }, () => (MEMORY_MIB === 0 ? undefined : memoryCgroup(MEMORY_MIB)));
  const lanes = await Promise.allSettled(
    cgroups.map((cgroup, lane) => {
      const random = randomFrom(SEED + lane);
      return runLane(Math.ceil(kills / LANES), random, optionsOf(random, cgroup));
    }),
  );
  const reports = lanes.flatMap((lane): LaneReport[] => (lane.status === 'fulfilled' ? [lane.value] : []));
  const broken = lanes.flatMap((lane): Broken[] =>
    lane.status === 'fulfilled' ? [] : [{ promise: promiseOf(String(lane.reason)), what: String(lane.reason) }],
  );
  const killed = cgroups.reduce((all, cgroup) => all + (cgroup?.kills() ?? 0), 0);
  if (killed > 0) broken.push({ promise: 'out of memory', what: `${killed} processes were killed for their memory` });
  const sum = (of: (report: LaneReport) => number) => reports.reduce((all, report) => all + of(report), 0);
  const steps = new Set(reports.flatMap(({ found }) => [...found.keys()]));
  const missed = STEPS.filter((step) => !steps.has(step));
  if (kills >= ENOUGH_KILLS && missed.length > 0)
    broken.push({ promise: 'wrong', what: `no kill found the journal at: ${missed.join(', ')}` });
  hand({
    fault,
    rounds: sum(({ runs }) => runs),
    injected: sum(({ kills: done }) => done),
    executed: sum(({ executions }) => executions),
    duplicates: sum(({ reruns }) => reruns),
    broken,
    note: `the journal was found in ${steps.size} different states of a run`,
  });
}

/** A lane ends at its first broken promise, with a sentence that says which. */
function promiseOf(reason: string): Broken['promise'] {
  if (/executed again after|though interrupted/.test(reason)) return 'finished again';
  if (/unreadable/.test(reason)) return 'unreadable';
  if (/processes are left|the end of the tasks/.test(reason)) return 'processes';
  if (/files are left/.test(reason)) return 'temporary files';
  if (/late answer/.test(reason)) return 'late';
  return /executions of|lost the|without a claim/.test(reason) ? 'records lost' : 'wrong';
}
