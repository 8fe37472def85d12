import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'vitest';
import { hooks, postStart, preStop, until } from '../e2e/stage.ts';
import { IMAGE_ENV, IMAGE_FLAGS } from '../helpers/image-flags.ts';
import { json } from '../helpers/request.ts';
import { mustEnd, mustLeaveNothing, playRounds } from './side.ts';
import { times } from './tally.ts';

const LIVES = 40;

/** A memory cgroup of either version with the limit, or undefined where none can be made. */
function memoryCgroup(
  name: string,
  limitMib: number,
): { readonly dir: string; readonly kills: () => number } | undefined {
  const v1 = '/sys/fs/cgroup/memory';
  const dir = join(existsSync(v1) ? v1 : '/sys/fs/cgroup', name);
  try {
    mkdirSync(dir);
    const limit = existsSync(v1) ? 'memory.limit_in_bytes' : 'memory.max';
    writeFileSync(join(dir, limit), String(limitMib * 1024 * 1024));
    const events = join(dir, existsSync(v1) ? 'memory.oom_control' : 'memory.events');
    return { dir, kills: () => Number(/^oom_kill (\d+)$/m.exec(readFileSync(events, 'utf8'))?.[1] ?? 0) };
  } catch {
    return undefined;
  }
}

/** What the manifests give it; a snapshot needs about as much again, as its archive is compressed in a thread of its own. */
it.each([
  [64, 'without snapshots'],
  [128, 'with snapshots'],
])('a limit of %i MiB for the sidecar and its children, %s', async (limitMib, saving) => {
  await playRounds(`${limitMib} MiB`, times(3), async (side, index) => {
    const { stage } = side;
    const cgroup = memoryCgroup(`hookkeeper-${process.pid}-${index}`, limitMib);
    if (cgroup === undefined) throw new Error('no memory cgroup can be made here: run it as root');
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
    const wrapper = ['sh', '-c', `echo $$ > ${cgroup.dir}/cgroup.procs && exec "$@"`, 'sh'];
    const journalDir = join(stage.dir, `journal-${index}`);
    const service = await stage.start({ journalDir, env: IMAGE_ENV, nodeFlags: IMAGE_FLAGS, wrapper });
    for (let life = 0; life < LIVES; life += 1) {
      for (const call of [postStart, preStop]) {
        const answer = JSON.stringify(json(await call(service)));
        side.must('wrong', answer.includes('"outcome":"succeeded"'), `life ${life}: ${answer}`);
      }
    }
    side.injected += 1;
    side.must('wrong', cgroup.kills() === 0, `${cgroup.kills()} processes were killed for their memory`);
    await mustLeaveNothing(side, `round ${index}`);
    await mustEnd(side, service, `round ${index}`);
    await until('the end of the cgroup', () => {
      try {
        rmdirSync(cgroup.dir);
        return true;
      } catch {
        return false;
      }
    });
  });
});
