import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'vitest';
import { hooks, preStop } from '../e2e/stage.ts';
import { json } from '../helpers/request.ts';
import { mustEnd, mustLeaveNothing, playRounds } from './side.ts';
import { times } from './tally.ts';

/** What commands do to who runs them. Each ends by its timeout, or by itself; `ends` says how. */
const UNRULY: readonly (readonly [name: string, shell: string, ends: 'timedOut' | 'succeeded' | 'failed'])[] = [
  ['ignores-sigterm', "trap '' TERM; while :; do sleep 0.1; done", 'timedOut'],
  ['leaves-the-group', 'setsid sh -c "setsid sleep 60 & sleep 60" & sleep 60', 'timedOut'],
  ['daemonizes-and-ends', 'setsid sh -c "(setsid sleep 60 &) & exec >&- 2>&-"; exit 0', 'succeeded'],
  ['is-stopped', 'kill -STOP $$', 'timedOut'],
  ['leaves-zombies', 'for i in 1 2 3 4 5; do sleep 0.01 & done; exec sleep 60', 'timedOut'],
  ['closes-its-output', 'exec >&- 2>&-; sleep 60', 'timedOut'],
  ['leaves-its-output-open', 'sleep 60 & exit 3', 'failed'],
  ['takes-its-folder-away', 'cd "$(mktemp -d)" && rmdir "$PWD" && ! ls "$PWD" && sleep 60', 'timedOut'],
  // The one that Hookkeeper itself has been started in.
  ['takes-our-folder-away', 'rmdir "$(readlink "/proc/$PPID/cwd")" && sleep 60', 'timedOut'],
  // Bounded here, too: should nobody end them, they end by themselves.
  ['forks', 'for i in $(seq 40); do (for j in 1 2 3; do sleep 20 & done; wait) & done; wait', 'timedOut'],
  ['prints-a-gigabyte', 'yes "$(printf %0200d 0)" | head -c 1000000000', 'succeeded'],
  ['prints-what-is-no-text', 'head -c 300000 /dev/urandom; printf "\\033[2J\\033]0;x\\007"', 'succeeded'],
];

const TIMEOUT = '600ms';
/** Where nothing but the grace ends it, in s: the run is over by the reserve, and its answer there by the end. */
const GRACE = { period: '8s', reserve: '4s' };
const GRACE_MS = 8000;
const LATE_MS = 20_000;

it('unruly children', async () => {
  await playRounds('children', times(UNRULY.length * 2), async (side, index) => {
    const { task, configure, start, executions, dir } = side.stage;
    const [name, shell, ends] = UNRULY[index % UNRULY.length] ?? ['', '', 'failed'];
    // A gigabyte takes a while to read; so may anything on a busy machine.
    const timeout = ends === 'timedOut' ? TIMEOUT : '60s';
    const unruly = task(name, shell, { timeout, onFailure: 'continue' });
    await configure(hooks({ preStop: [unruly, task('last')] }, { grace: { period: '80s', reserve: '5s' } }));
    const before = executions().length;
    const journalDir = join(dir, `journal-${index}`);
    const service = await start({ journalDir, wrapper: inFolder(join(dir, `here-${index}`)) });
    const startedMs = performance.now();
    const answer = JSON.stringify(json(await preStop(service)));
    const tookMs = performance.now() - startedMs;
    side.injected += 1;
    side.must('wrong', answer.includes(`"name":"${name}","outcome":"${ends}"`), `${name}: ${answer}`);
    side.must('late', tookMs < LATE_MS || timeout !== TIMEOUT, `${name}: answered after ${tookMs} ms`);
    side.must('finished again', executions().length - before === 2, `${name}: ${executions().slice(before).join(' ')}`);
    await mustLeaveNothing(side, name);
    await mustEnd(side, service, name);
  });
});

it('unruly children that only the end of the grace ends', async () => {
  const endless = UNRULY.filter(([, , ends]) => ends === 'timedOut');
  await playRounds('children, grace', times(endless.length), async (side, index) => {
    const { task, configure, start, dir } = side.stage;
    const [name, shell] = endless[index % endless.length] ?? ['', ''];
    await configure(hooks({ preStop: [task(name, shell), task('last')] }, { grace: GRACE }));
    const journalDir = join(dir, `journal-${index}`);
    const service = await start({ journalDir, wrapper: inFolder(join(dir, `here-${index}`)) });
    const startedMs = performance.now();
    const answer = JSON.stringify(json(await preStop(service)));
    const tookMs = performance.now() - startedMs;
    side.injected += 1;
    side.must('wrong', answer.includes(`"name":"${name}","outcome":"timedOut"`), `${name}: ${answer}`);
    side.must('late', tookMs < GRACE_MS, `${name}: answered after ${tookMs} ms of ${GRACE_MS}`);
    await mustLeaveNothing(side, name);
    await mustEnd(side, service, name);
  });
});

/** A command that becomes another one in a new folder. */
function inFolder(folder: string): string[] {
  mkdirSync(folder);
  return ['sh', '-c', 'cd "$0" && exec "$@"', folder];
}
