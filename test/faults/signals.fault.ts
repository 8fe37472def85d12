import { setTimeout as pause } from 'node:timers/promises';
import { it } from 'vitest';
import { journalFile } from '../../src/journal/journal-file.ts';
import { hooks, preStop } from '../e2e/stage.ts';
import { IMAGE_ENV, IMAGE_FLAGS } from '../helpers/image-flags.ts';
import { type Service, spawnService } from '../helpers/program.ts';
import { within } from '../helpers/within.ts';
import { memoryCgroup } from './memory-cgroup.ts';
import { answerOf, mustEnd, mustHaveEnded, mustLeaveNothing, playRounds, type Side } from './side.ts';
import { MEMORY_MIB, times } from './tally.ts';

/** How many lines the program logs of one delivery here: a signal comes after any of them. */
const LINES = 16;
const LONGEST_STOP_MS = 250;
/** About how long a start takes, in ms. */
const START_MS = 400;

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
    const reply = answerOf(side, preStop(service), `round ${index}`);
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

/** When a SIGTERM comes. The kubelet sends one to a regular sidecar at the same moment as it calls the preStop, before or after it. */
const STATES: Readonly<Record<string, (side: Side, index: number) => Promise<void>>> = {
  async starting(side, index) {
    const { stage, random } = side;
    const journalDir = `${stage.dir}/journal-${index}`;
    const cgroup = MEMORY_MIB === 0 ? undefined : memoryCgroup(MEMORY_MIB);
    const child = spawnService({
      configFile: stage.configFile,
      journalDir,
      env: IMAGE_ENV,
      nodeFlags: IMAGE_FLAGS,
      wrapper: cgroup?.wrapper ?? [],
    });
    await Promise.race([pause(random() * START_MS), child.exited]);
    child.kill('SIGTERM');
    await within('the end of the one that was starting', child.exited);
    side.must('out of memory', (cgroup?.kills() ?? 0) === 0, `round ${index}: killed for its memory at its start`);
    await oneLife(side, index, { after: (service) => service.kill('SIGTERM') });
  },
  idle: (side, index) =>
    oneLife(side, index, {
      async before(service) {
        service.kill('SIGTERM');
        await pause(side.random() * LONGEST_STOP_MS);
      },
    }),
  running: (side, index) =>
    oneLife(side, index, {
      async meanwhile(service, reply) {
        await Promise.race([someLine(service, 1 + Math.floor(side.random() * LINES)), reply]);
        service.kill('SIGTERM');
      },
    }),
  joined: (side, index) =>
    oneLife(side, index, {
      async meanwhile(service, reply) {
        const joining = answerOf(side, preStop(service), `round ${index}, joined`);
        await Promise.race([someLine(service, 1 + Math.floor(side.random() * LINES)), reply]);
        service.kill('SIGTERM');
        const answer = await joining;
        side.must(
          'wrong',
          answer.kind === 'answered' && answer.status === 200,
          `round ${index}, joined: ${JSON.stringify(answer)}`,
        );
      },
    }),
  answered: (side, index) => oneLife(side, index, { after: (service) => service.kill('SIGTERM') }),
  async 'told twice'(side, index) {
    const { stage, random } = side;
    const journalDir = `${stage.dir}/journal-${index}`;
    const service = await stage.start({ journalDir });
    const reply = preStop(service);
    await Promise.race([someLine(service, 1 + Math.floor(random() * LINES)), reply]);
    service.kill('SIGTERM');
    await pause(random() * 20);
    // Two that are equal can become one.
    service.kill('SIGINT');
    await Promise.all([service.exited, reply]);
    await mustLeaveNothing(side, `round ${index}`);
    const runs = (await journalFile(journalDir).read())?.runs ?? [];
    const finished = runs.flatMap(({ id, tasks }) =>
      tasks.filter((task) => task.state === 'ended' && task.outcome === 'succeeded').map(({ name }) => `${id} ${name}`),
    );
    const counted = () => finished.map((key) => stage.executionsByRun().get(key));
    const before = counted();
    const next = await stage.start({ journalDir });
    const answer = await answerOf(side, preStop(next), `round ${index}`);
    side.must(
      'wrong',
      answer.kind === 'answered' && answer.status === 200,
      `round ${index}: ${JSON.stringify(answer)}`,
    );
    side.must('finished again', counted().join() === before.join(), `round ${index}: ${finished.join(', ')}`);
    await mustEnd(side, next, `round ${index}`);
  },
};

interface Moments {
  /** Before the delivery. */
  readonly before?: (service: Service) => Promise<void>;
  readonly meanwhile?: (service: Service, reply: Promise<unknown>) => Promise<void>;
  readonly after?: (service: Service) => void;
}

/** A preStop that is delivered and judged, by a service that is told to end once, at one of these moments. */
async function oneLife(side: Side, index: number, { before, meanwhile, after }: Moments): Promise<void> {
  const { stage } = side;
  const executed = stage.executions().length;
  const service = await stage.start({ journalDir: `${stage.dir}/journal-${index}` });
  await before?.(service);
  const reply = answerOf(side, preStop(service), `round ${index}`);
  await meanwhile?.(service, reply);
  await judge(side, await reply, executed, `round ${index}`);
  after?.(service);
  await mustHaveEnded(side, service, `round ${index}`);
}

it('SIGTERM in every state', async () => {
  const states = Object.entries(STATES);
  await playRounds('SIGTERM', times(100), async (side, index) => {
    await configure(side);
    const [, play] = states[index % states.length] ?? [];
    await play?.(side, index);
    side.injected += 1;
  });
});
