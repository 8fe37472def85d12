import { globSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { it } from 'vitest';
import { hooks, postStart, preStop } from '../e2e/stage.ts';
import { json } from '../helpers/request.ts';
import { mustEnd, mustLeaveNothing, playRounds } from './side.ts';
import { times } from './tally.ts';

/** Debian's package `faketime`; it changes the wall clock of a process while it runs. */
const [LIBRARY = ''] = globSync('/usr/lib/*/faketime/libfaketime.so.1');

const YEAR_MS = 365 * 86_400_000;

/**
 * The wall clock of a round, before and after, and by how much it jumps at least: what an NTP server, a virtual machine or a person
 * does to it.
 */
const JUMPS: readonly (readonly [before: string, after: string, leastMs: number])[] = [
  ['+0', '+3600', 3_000_000],
  ['+0', '-3600', 3_000_000],
  ['+3600', '+0', 3_000_000],
  // The hour that is twice, and the one that never is, in Berlin.
  ['@2026-10-25 02:59:58', '@2026-10-25 03:00:30', 25_000],
  ['@2026-03-29 01:59:58', '@2026-03-29 03:00:30', 25_000],
  ['@1999-12-31 23:59:58', '+0', 20 * YEAR_MS],
  ['+0', '@1970-01-02 00:00:00', 40 * YEAR_MS],
];

const TIMEOUT_MS = 300;
/** What a run here takes at most on a slow machine, in ms; an hour's jump would make it take an hour, or no time at all. */
const LATE_MS = 15_000;

it('clock jumps', async () => {
  if (LIBRARY === '') throw new Error('libfaketime is missing: apt-get install faketime');
  await playRounds('clock jumps', times(42), async (side, index) => {
    const { stage, random } = side;
    const { task, configure } = stage;
    const tasks = [
      task('first'),
      { name: 'wait', sleep: '150ms' },
      task('hangs', 'sleep 60', { timeout: `${TIMEOUT_MS}ms`, onTimeout: 'continue' }),
      task('last', '', { priority: 'critical' }),
    ];
    await configure(hooks({ postStart: [task('hello')], preStop: tasks }));
    const [before, after, leastMs] = JUMPS[index % JUMPS.length] ?? ['+0', '+0', 0];
    const clock = join(stage.dir, `clock-${index}`);
    writeFileSync(clock, before);
    const env = {
      LD_PRELOAD: LIBRARY,
      FAKETIME_TIMESTAMP_FILE: clock,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      TZ: 'Europe/Berlin',
    };
    const service = await stage.start({ journalDir: join(stage.dir, `journal-${index}`), env });
    const executedBefore = stage.executions().length;
    await postStart(service);
    const startedMs = performance.now();
    const reply = preStop(service);
    await Promise.race([reply, pause(random() * 2 * TIMEOUT_MS)]);
    writeFileSync(clock, after);
    side.injected += 1;
    const what = `round ${index}, ${before} to ${after}`;
    const answer = JSON.stringify(json(await reply));
    const tookMs = performance.now() - startedMs;
    side.must('late', tookMs < LATE_MS, `${what}: answered after ${tookMs} ms`);
    side.must('wrong', tookMs > TIMEOUT_MS, `${what}: answered after ${tookMs} ms, sooner than a timeout of it`);
    side.must('wrong', answer.includes('"outcome":"succeeded"'), `${what}: ${answer}`);
    // A repeat is a repeat, whatever the clock says.
    const again = JSON.stringify(json(await preStop(service)));
    side.must('finished again', again.includes('"delivery":"replayed"'), `${what}: ${again}`);
    // A control: the clock that the program sees did jump.
    const times = service.log().map(({ time }) => Date.parse(String(time)));
    const jumpMs = Math.max(...times) - Math.min(...times);
    side.must('wrong', jumpMs > leastMs, `${what}: its clock jumped by ${jumpMs} ms only`);
    const executed = stage.executions().slice(executedBefore).join(' ');
    side.must('finished again', executed === 'hello first hangs last', `${what}: ${executed}`);
    await mustLeaveNothing(side, what);
    await mustEnd(side, service, what);
  });
});
