import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'vitest';
import { hooks, postStart, preStop } from '../e2e/stage.ts';
import { json } from '../helpers/request.ts';
import { answerOf, mustEnd, mustLeaveNothing, playRounds } from './side.ts';
import { MEMORY_MIB, times } from './tally.ts';

const LIVES = 40;

/** What the manifests give it; a snapshot needs about as much again, as its archive is compressed in a thread of its own. */
it.skipIf(MEMORY_MIB === 0).each([
  [64, 'without snapshots'],
  [128, 'with snapshots'],
])('a limit of %i MiB for the sidecar and its children, %s', async (memoryMib, saving) => {
  const round: Parameters<typeof playRounds>[2] = async (side, index) => {
    const { stage } = side;
    const source = join(stage.dir, `source-${index}`);
    mkdirSync(source);
    for (let file = 0; file < 20; file += 1) writeFileSync(join(source, `f${file}`), randomBytes(2_000_000));
    const preStops = [
      stage.task('prints', 'yes "$(printf %0100d 0)" | head -c 20000000'),
      { parallel: [stage.task('left', 'sleep 0.02'), stage.task('right', 'sleep 0.02')] },
    ];
    const saves = { name: 'saves', snapshot: { source, destination: join(stage.dir, `saved-${index}`), keep: 2 } };
    await stage.configure(
      hooks({
        postStart: [stage.task('hello')],
        preStop: saving === 'with snapshots' ? [...preStops, saves] : preStops,
      }),
    );
    const service = await stage.start({ journalDir: join(stage.dir, `journal-${index}`) });
    for (let life = 0; life < LIVES; life += 1) {
      for (const call of [postStart, preStop]) {
        const answer = JSON.stringify(json(await answerOf(side, call(service), `life ${life}`)));
        side.must('wrong', answer.includes('"outcome":"succeeded"'), `life ${life}: ${answer}`);
      }
    }
    side.injected += 1;
    await mustLeaveNothing(side, `round ${index}`);
    await mustEnd(side, service, `round ${index}`);
  };
  await playRounds(`${memoryMib} MiB`, times(3), round, { memoryMib });
});
