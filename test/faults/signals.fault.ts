import { setTimeout as pause } from 'node:timers/promises';
import { it } from 'vitest';
import { hooks, preStop } from '../e2e/stage.ts';
import type { Service } from '../helpers/program.ts';
import { mustHaveEnded, mustLeaveNothing, playRounds, type Side } from './side.ts';
import { times } from './tally.ts';

/** How many lines the program logs of one delivery here: a signal comes after any of them. */
const LINES = 16;
const LONGEST_STOP_MS = 250;

async function configure({ stage: { configure: write, task } }: Side): Promise<void> {
  const tasks = [task('first', 'sleep 0.01'), { parallel: [task('left', 'sleep 0.01'), task('right')] }, task('last')];
  await write(hooks({ preStop: tasks }));
}

/** Resolves after some line of the log from now on. */
function someLine(service: Service, count: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let left = count;
  const off = service.onLine(() => {
    left -= 1;
    if (left <= 0) resolve();
  });
  return promise.finally(off);
}

/** A life of its own on a journal of its own: four tasks once each, and an answer that says so. */
async function judge(side: Side, reply: Awaited<ReturnType<typeof preStop>>, before: number, what: string) {
  const { executions } = side.stage;
  side.must('wrong', reply.kind === 'answered' && reply.status === 200, `${what}: ${JSON.stringify(reply)}`);
  side.must('finished again', executions().length - before === 4, `${what}: ${executions().slice(before).join(' ')}`);
  await mustLeaveNothing(side, what);
}

it('SIGSTOP and SIGCONT at random', async () => {
  await playRounds('SIGSTOP and SIGCONT', times(60), async (side, index) => {
    await configure(side);
    const { stage, random } = side;
    const before = stage.executions().length;
    const service = await stage.start({ journalDir: `${stage.dir}/journal-${index}` });
    const line = someLine(service, Math.floor(random() * LINES));
    const reply = preStop(service);
    for (let stops = 0; stops < 3; stops += 1) {
      await Promise.race([line, reply, pause(random() * 20)]);
      service.kill('SIGSTOP');
      side.injected += 1;
      await pause(random() * LONGEST_STOP_MS);
      service.kill('SIGCONT');
    }
    await judge(side, await reply, before, `round ${index}`);
    service.kill('SIGTERM');
    await mustHaveEnded(side, service, `round ${index}`);
  });
});

it('SIGTERM in every state', async () => {
  await playRounds('SIGTERM', times(100), async (side, index) => {
    await configure(side);
    const { stage, random } = side;
    const before = stage.executions().length;
    const service = await stage.start({ journalDir: `${stage.dir}/journal-${index}` });
    const line = someLine(service, 1 + Math.floor(random() * LINES));
    const reply = preStop(service);
    await Promise.race([line, reply]);
    service.kill('SIGTERM');
    side.injected += 1;
    await judge(side, await reply, before, `round ${index}`);
    await mustHaveEnded(side, service, `round ${index}`);
  });
});
