import { readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { startChild } from '../../src/rehearse/child.ts';
import { hooks, metric, stage } from '../e2e/stage.ts';
import { memoryCgroup } from '../faults/memory-cgroup.ts';
import { IMAGE_ENV, IMAGE_FLAGS } from '../helpers/image-flags.ts';
import type { Service } from '../helpers/program.ts';
import { within } from '../helpers/within.ts';
import { HONEST, honestCaller } from './honest.ts';
import type { Order, Spoils } from './order.ts';
import { type Broken, hand, MEMORY_MIB, SEED } from './tally.ts';

const ATTACKER = join(import.meta.dirname, 'attacker.ts');
const LOOK_EVERY_MS = 100;

/** What the examples' manifests give the sidecar, in MiB: what it has of its own is held against it also without a cgroup. */
const MOST_MIB = 128;
/** Both ports' most connections, some that are not yet judged, and what the program itself has open. */
const MOST_DESCRIPTORS = 1200 + 100 + 512 + 100;
const TOKEN = 'only-the-kubelet-has-this';

export interface Scene {
  readonly attack: string;
  /** What each hostile process does; ports and seed are set here. */
  readonly orders: readonly Omit<Order, 'port' | 'opsPort' | 'seed'>[];
  /** Without a token, strangers may call hooks; there is a container `slow` for them, whose preStop takes a while. */
  readonly open?: boolean;
}

/** Plays an attack on the built program, with an honest kubelet beside it from before its begin to after its end. */
export async function playAttack({ attack, orders, open = false }: Scene): Promise<void> {
  const at = await stage();
  const tokenFile = join(at.dir, 'token');
  await writeFile(tokenFile, TOKEN);
  const containers = {
    [HONEST]: { postStart: [{ name: 'one', sleep: '1ms' }], preStop: [at.task('counted')] },
    // What the malformed requests name: nobody may call it without the token.
    app: { postStart: [at.task('stolen')], preStop: [at.task('stolen')] },
    slow: { preStop: [{ name: 'two', sleep: '20s' }] },
  };
  await at.configure(hooks({}, { containers, access: open ? {} : { tokenFile } }));
  const cgroup = MEMORY_MIB === 0 ? undefined : memoryCgroup(MEMORY_MIB);
  const wrapper = cgroup?.wrapper ?? [];
  const service = await at.start({ env: IMAGE_ENV, nodeFlags: IMAGE_FLAGS, wrapper });
  const honest = honestCaller(service, open ? undefined : TOKEN);
  const watch = watchCost(service);
  const startedMs = performance.now();
  const spoils = await Promise.all(
    orders.map((order, index) => sendOut({ ...order, ...portsOf(service), seed: SEED + index })),
  );
  const seconds = (performance.now() - startedMs) / 1000;
  const died = service.log().findLast(({ msg }) => /heap out of memory|Fatal|\bat .*\.cjs/.test(String(msg)));
  const { hooksMs, probes, broken: unanswered } = await honest.stop();
  const cost = watch.stop();
  const sum = (of: (each: Spoils) => number) => spoils.reduce((all, each) => all + of(each), 0);
  const broken: Broken[] = [...unanswered];
  const must = (promise: Broken['promise'], holds: boolean, what: string) => {
    if (!holds) broken.push({ promise, what });
  };
  const [stolen = [], counted = []] = ['stolen', 'counted'].map((name) =>
    at.executions().filter((one) => one === name),
  );
  must('wrong', died === undefined, `the program died: ${JSON.stringify(died)}`);
  must('executed', stolen.length === 0, `${stolen.length} executions for strangers`);
  must('executed', counted.length === honest.lives(), `${counted.length} executions of ${honest.lives()} preStops`);
  must('shown', sum(({ shown }) => shown) === 0, `${sum(({ shown }) => shown)} answers to strangers`);
  const kills = cgroup?.kills() ?? 0;
  must('unbounded', kills === 0, `${kills} processes were killed for their memory within ${MEMORY_MIB} MiB`);
  must('unbounded', cost.privateMib < MOST_MIB, `${cost.privateMib} MiB of private memory`);
  must('unbounded', cost.descriptors < MOST_DESCRIPTORS, `${cost.descriptors} descriptors`);
  must('wrong', sum(({ failed }) => failed) === 0, `${sum(({ failed }) => failed)} connections could not be made`);
  must('wrong', (await metric(service, 'hookkeeper_journal_degraded')) === 0, 'the journal is degraded');
  service.kill('SIGTERM');
  const { code } = await within('the end of the program', service.exited, 30_000);
  must('wrong', code === 0, `it ended with ${code}`);
  const sorted = hooksMs.toSorted((a, b) => a - b);
  const at99 = (share: number) => sorted[Math.floor((sorted.length - 1) * share)] ?? 0;
  hand({
    attack,
    requests: sum(({ requests }) => requests),
    connections: sum(({ connections }) => connections),
    seconds,
    honest: { hooks: hooksMs.length, medianMs: at99(0.5), p99Ms: at99(0.99), slowestMs: at99(1), probes, ...cost },
    broken: broken,
    note: `answered ${sum(({ answered }) => answered)}, not a byte read on ${sum(({ silent }) => silent)}`,
  });
}

const portsOf = ({ port, opsPort }: Service) => ({ port, opsPort });

/** Sends out a hostile process. It ends by its own bound, or with the test. */
async function sendOut(order: Order): Promise<Spoils> {
  const child = startChild(process.execPath, [ATTACKER, JSON.stringify(order)], { PATH: process.env['PATH'] });
  onTestFinished(() => child.kill('SIGKILL'));
  await within('the end of a hostile process', child.exited, order.boundMs + order.heldMs + 60_000);
  const spoils: Spoils = JSON.parse(child.lines().at(-1) ?? '');
  return spoils;
}

/** Looks at the memory and the descriptors of the program from time to time. */
function watchCost({ pid }: Service) {
  let descriptors = 0;
  let privateMib = 0;
  const look = () => {
    try {
      descriptors = Math.max(descriptors, readdirSync(`/proc/${pid}/fd`).length);
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      // What the program has for itself; the pages of Node.js' own file are shared by all that run it.
      privateMib = Math.max(privateMib, Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1024);
    } catch {
      // It is gone, which its hooks tell.
    }
  };
  const timer = setInterval(look, LOOK_EVERY_MS);
  onTestFinished(() => clearInterval(timer));
  return {
    stop() {
      look();
      clearInterval(timer);
      return { privateMib, descriptors };
    },
  };
}
