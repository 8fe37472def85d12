import { accessSync, constants } from 'node:fs';
import * as z from 'zod/mini';
import { formatDuration } from '../config/duration.ts';
import { durationField } from '../config/fields.ts';
import type { Figure } from '../config/figure.ts';
import { onDemand } from '../config/on-demand.ts';
import type { ActionProblem, TaskKind } from '../config/task-kind.ts';
import { lookWithin } from '../hooks/look.ts';
import { messageOf } from '../hooks/sentence.ts';
import type { TaskAction } from '../hooks/task.ts';
import { TCP_STATES } from '../proc/proc-net-tcp.ts';
import { addressBlock, createMatcher } from './connections/address-blocks.ts';
import { watchConnections } from './connections/connection-watch.ts';
import { summaryLine } from './summary-line.ts';
import { waitFields, waitLasts, waitSettings } from './wait/wait-fields.ts';
import { waitUntil } from './wait/wait-until.ts';

/** Between two readings of the kernel's count of sockets, in ms. Each costs 0.2 ms, as a processor that slept wakes up for it. */
const EVERY_MS = 45;

/** How often progress is judged, and what must be seen first is looked for, in ms, while there is no news. */
const JUDGE_MS = 500;

/** The longest time for a look at what must be seen first, in ms: no connection is looked at meanwhile. */
const LOOK_MS = 2000;

const state = onDemand(() =>
  z.enum(['ESTABLISHED', 'SYN_RECV', 'FIN_WAIT1', 'FIN_WAIT2', 'CLOSE_WAIT', 'LAST_ACK', 'CLOSING']),
);

const settings = onDemand(() =>
  z
    .strictObject({
      ports: z
        .array(z.int().check(z.gte(1), z.lte(65535)))
        .check(
          z.minLength(1),
          z.maxLength(50),
          z.describe("The pod's own ports whose inbound connections are counted."),
        ),
      below: z
        .prefault(z.int().check(z.gte(1), z.lte(1_000_000)), 1)
        .check(z.describe('It ends when there are fewer connections than this; 1 means that none is left.')),
      quietFor: durationField(
        'It ends only when no connection was new for this time: load balancers have noticed.',
        0,
        {
          leastMs: 0,
        },
      ),
      states: z
        .prefault(z.array(state()).check(z.minLength(1), z.maxLength(7)), [
          'ESTABLISHED',
          'CLOSE_WAIT',
          'FIN_WAIT1',
          'LAST_ACK',
          'CLOSING',
        ])
        .check(
          z.describe(
            'The TCP states in which a connection counts. By default those in which data may be on its way to the peer: not ' +
              'FIN_WAIT2, as the peer has everything then, nor SYN_RECV, as nobody has connected yet.',
          ),
        ),
      exclude: z
        .prefault(z.array(addressBlock()).check(z.maxLength(100)), [])
        .check(
          z.describe(
            'Peers whose connections are left out: blocks such as 10.0.0.0/8 (the kubelet, Prometheus), addresses, or loopback.',
          ),
        ),
      ...waitFields(EVERY_MS),
    })
    .check(
      z.refine(({ quietFor, stall }) => stall === undefined || stall > quietFor, {
        error: 'must have a stall that is longer than its quietFor',
        params: { remedy: 'raise stall, or remove it' },
      }),
    ),
);

type DrainSettings = z.output<ReturnType<typeof settings>>;

const FIGURES = {
  drained: {
    name: 'hookkeeper_drained_connections_total',
    type: 'counter',
    help: 'Connections that ended while a drain waited: the most that it saw at a time, less those left at its end',
  },
  left: {
    name: 'hookkeeper_drain_connections_left',
    type: 'gauge',
    help: 'Connections that were still open when the last drain ended',
  },
} as const satisfies Record<string, Figure>;

/** `drain`: waits until the pod's own ports have few connections left, as the kernel knows them; the app need not help. */
export const drainTask = createDrainTask('/proc/net');

/** The same with another folder for `/proc/net`. */
export function createDrainTask(folder: string): TaskKind<TaskAction> {
  return {
    name: 'drain',
    figures: Object.values(FIGURES),
    schema: () =>
      z.pipe(
        settings(),
        z.transform((drain) => drainAction(drain, folder)),
      ),
  };
}

function drainAction(drain: DrainSettings, folder: string): TaskAction {
  const { ports, below, quietFor, atLeast, seenFirst } = drain;
  const portsText = `port${ports.length === 1 ? '' : 's'} ${ports.join(', ')}`;
  const quiet = quietFor === 0 ? '' : `, and none new for ${formatDuration(quietFor)}`;
  const watched = {
    ports: new Set(ports),
    states: new Set(drain.states.map((name) => TCP_STATES[name])),
    isExcluded: createMatcher(drain.exclude),
    everyMs: drain.every,
    below,
    quietForMs: quietFor,
    atLeastMs: atLeast,
  };
  const bounded: typeof seenFirst = seenFirst && {
    ...seenFirst,
    read: (context) => lookWithin(seenFirst, context, LOOK_MS),
  };
  const summary = summaryLine(`drain ${portsText} to fewer than ${below} connection${below === 1 ? '' : 's'}${quiet}`);
  return {
    summary,
    ownMs: undefined,
    lasts: [...waitLasts(drain), { path: ['quietFor'], ms: quietFor }],
    stopMs: 0,
    uses: (seenFirst?.uses ?? []).map(belowSeenFirst),
    lookalikes: () => (seenFirst?.lookalikes?.() ?? []).map(belowSeenFirst),
    check: () => [...checkTable(folder), ...(seenFirst?.check() ?? []).map(belowSeenFirst)],
    async run(attempt) {
      const problem = tableProblem(folder);
      if (problem !== undefined) return { outcome: 'failed', reason: problem, retryable: false };
      const watch = watchConnections(folder, watched, attempt.clock);
      try {
        const result = await waitUntil(
          { summary, check: () => [], read: watch.read },
          { ...waitSettings({ ...drain, seenFirst: bounded }, 'fail'), everyMs: JUDGE_MS, pause: watch.pause },
          attempt,
        );
        if (result.outcome === 'succeeded' && watch.foundNothing()) {
          attempt.progress(`found neither a listener nor a connection on ${portsText}: nothing was waited for`);
        }
        return result;
      } finally {
        const { most, last } = watch.counts();
        attempt.figure(FIGURES.drained, most - last);
        attempt.figure(FIGURES.left, last);
        watch.close();
      }
    },
  };
}

function belowSeenFirst<T extends { readonly path: readonly (string | number)[] }>(each: T): T {
  return { ...each, path: ['seenFirst', ...each.path] };
}

/** Why the kernel's table of connections can't be read. */
function tableProblem(folder: string): string | undefined {
  try {
    accessSync(`${folder}/tcp`, constants.R_OK);
    return undefined;
  } catch (error) {
    return `cannot see the pod's connections: ${messageOf(error)}`;
  }
}

/** Only a warning: the config may be checked on another machine than it is made for. */
function checkTable(folder: string): ActionProblem[] {
  const value = tableProblem(folder);
  if (value === undefined) return [];
  const rule = `must run on Linux, where ${folder}/tcp tells of connections`;
  return [{ severity: 'warning', path: [], rule, value, remedy: 'expect it to fail on this machine' }];
}
