import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import type { RunRecord, TaskRecord } from '../../src/journal/entry.ts';
import type { PodEvent } from '../../src/rehearse/pod-event.ts';
import { verdictsOf } from '../../src/rehearse/promises.ts';
import type { RehearsedLife } from '../../src/rehearse/rehearsed-life.ts';
import type { LogEntry } from '../../src/rehearse/sidecar-log.ts';
import type { HookResult } from '../../src/rehearse/simulated-kubelet.ts';
import type { VerdictInput } from '../../src/rehearse/verdict.ts';
import { fakeTable } from '../config/fake-kinds.ts';
import { endedRun, endedTask, runningRun } from '../observe/timeline/run-records.ts';

type Ended = RunRecord & { readonly state: 'ended' };

const entry = (event: string, fields: Partial<LogEntry> = {}): LogEntry => ({
  event,
  msg: event,
  run: 'k3-2',
  hook: 'preStop',
  container: 'app',
  atMs: 10_000,
  workEndMs: undefined,
  ...fields,
});

const answered = (served: string): HookResult => ({
  hook: 'preStop',
  kind: 'success',
  startedAtMs: 9_990,
  durationMs: 600,
  status: 200,
  headers: new Map([['x-hookkeeper-delivery', [served]]]),
  body: '',
  requests: 1,
});
const refused = (error: string): HookResult => ({
  hook: 'preStop',
  kind: 'failure',
  startedAtMs: 9_990,
  durationMs: 1,
  error,
  message: error,
  requests: 1,
});

const app = { container: 'app', restartCount: 0 } as const;
const sidecar = { container: 'hookkeeper', restartCount: 0 } as const;
const sent = (delivery: number, result: HookResult, atMs = 9_990): PodEvent[] => [
  { ...app, type: 'hookSent', hook: 'preStop', delivery, atMs },
  { ...app, type: 'hookEnded', delivery, result, atMs: atMs + 600 },
];
const started: PodEvent = { ...app, type: 'containerStarted', pid: 7, atMs: 9_000 };
const over: PodEvent[] = [
  { ...sidecar, type: 'containerEnded', exit: { code: 0, signal: null }, atMs: 11_000 },
  { type: 'podEnded', atMs: 11_001 },
];

const ran = [
  entry('delivered', { served: 'executed' }),
  entry('runStarted'),
  entry('taskStarted', { task: 'drain' }),
  entry('taskEnded', { task: 'drain', outcome: 'succeeded' }),
  entry('runEnded', { outcome: 'succeeded' }),
];

const life = (fields: Partial<RehearsedLife> = {}): RehearsedLife => ({
  events: [started, ...sent(1, answered('executed')), ...over],
  log: ran,
  runs: [endedRun()],
  marks: [],
  ...fields,
});

function config() {
  const text = `version: 1
grace: { period: 45s, reserve: 10s }
containers: { app: { preStop: [{ name: drain, work: { command: [x] }, priority: critical, timeout: 1s }, { name: flush, work: { command: [x] }, timeout: 1s }] } }`;
  const loaded = loadConfig({ text, file: 'hooks.yaml', table: fakeTable, env: {}, elsewhere: true });
  if (!loaded.ok) throw new Error('the config is wrong');
  return loaded.config;
}

const judged = (fields: Partial<RehearsedLife>, more: Partial<VerdictInput> = {}) =>
  verdictsOf({ life: life(fields), config: config(), mayFail: 'none', problem: undefined, ...more });
const broken = (...input: Parameters<typeof judged>) =>
  judged(...input).flatMap(({ promise, name, held, why }) => (held ? [] : [`${promise ?? name}: ${why}`]));

const failedTask = endedTask('drain', { outcome: 'failed', reason: 'exited with 3' });
const failedRun = (fields: Partial<Ended> = {}): RunRecord =>
  endedRun({ outcome: 'failed', reason: 'task drain exited with 3', tasks: [failedTask], ...fields });
const mime = 'malformed MIME header: missing colon: "hookkeeper preStop failed"';

describe('the verdict on a life', () => {
  it('names each promise that was put to the test, with what was counted', () => {
    expect(judged({}).map(({ promise, name, held, why }) => `${promise ?? '-'} ${name}, ${held}: ${why}`)).toEqual([
      'P1 once, true: 1 task, 1 execution',
      'P4 fresh life, true: 1 life of the app, 1 run, one a hook and life',
      'P5 in time, true: 34.5 s left at the tightest',
      '- critical tasks, true: 1 of 1 done',
      '- hooks succeed, true: 1 of 1',
      'P6 nothing silent, true: every task succeeded',
      'P7 never worse, true: the pod ended, nothing crashed',
      'P8 outlive, true: 1 hook call found Hookkeeper there, and it ended by itself',
    ]);
  });

  it.each<[string, Partial<RehearsedLife>, string[]]>([
    [
      'a task is executed again after it succeeded',
      { log: [...ran, entry('taskStarted', { task: 'drain' })] },
      ['P1: app#0 preStop drain was executed again after it had succeeded'],
    ],
    [
      'a task is executed again in a second run of the same life',
      {
        runs: [endedRun(), endedRun({ id: 'k3-3', sequence: 3 })],
        log: [...ran, ...ran.map((each) => ({ ...each, run: 'k3-3' }))],
      },
      ['P1: app#0 preStop drain was executed again after it had succeeded', 'P4: preStop of app, life 1: 2 runs'],
    ],
    [
      'what was executed is in no journal',
      { runs: [] },
      ['P1: 1 executions are of runs that the journal does not have', 'P4: preStop of app, life 1: 0 runs'],
    ],
    [
      'a delivery during a run starts another',
      { log: [entry('runStarted'), entry('delivered', { served: 'executed' }), ...ran.slice(2)] },
      ['P2: a preStop of app during run k3-2 was executed'],
    ],
    [
      'a resumed run does again what was done',
      {
        log: [
          entry('taskEnded', { task: 'drain', outcome: 'succeeded', atMs: 10_000 }),
          entry('delivered', { served: 'resumed', atMs: 10_100 }),
          entry('taskStarted', { task: 'drain', atMs: 10_101 }),
        ],
      },
      ['P1: app#0 preStop drain was executed again after it had succeeded', 'P3: drain was done again'],
    ],
    ['a run is out of time', { runs: [endedRun({ remainingMs: 0 })] }, ['P5: preStop of app ended after its time']],
    [
      'the grace is over before the answer',
      {
        events: [
          started,
          ...sent(1, {
            hook: 'preStop',
            kind: 'graceOver',
            startedAtMs: 9_990,
            durationMs: 1,
            late: Promise.resolve({ kind: 'kubeletDied' }),
          }),
          ...over,
        ],
      },
      ['P5: the grace was over before the preStop of app was answered'],
    ],
    [
      'a run never ended',
      { runs: [runningRun([{ state: 'running', name: 'drain', attempts: 1, startedAtMs: 10_000 }])] },
      ['P5: preStop of app never ended', 'critical tasks: drain of preStop of app did not end'],
    ],
    [
      'a critical task failed, and the kubelet took it for success',
      { runs: [failedRun()] },
      [
        'critical tasks: drain of preStop of app failed: exited with 3',
        'hooks succeed: preStop of app failed: task drain exited with 3',
        'P6: the kubelet took the failure of preStop of app for success',
      ],
    ],
    [
      'a task has no reason',
      {
        runs: [endedRun({ tasks: [endedTask('drain'), endedTask('flush', { outcome: 'failed', reason: null })] })],
      },
      ['P6: flush of preStop of app has no reason'],
    ],
    ...(
      [
        [{ code: 1, signal: null }, 'exit code 1'],
        [{ code: null, signal: 'SIGABRT' }, 'signal SIGABRT'],
      ] as const
    ).map(([exit, how]): [string, Partial<RehearsedLife>, string[]] => [
      `hookkeeper crashed with ${how}`,
      {
        events: [
          started,
          ...sent(1, answered('executed')),
          { ...sidecar, type: 'containerEnded', exit, atMs: 1 },
          ...over,
        ],
      },
      [`P7: hookkeeper ended with ${how}`],
    ]),
    ['the journal could not be written', { log: [...ran, entry('journal.degraded')] }, ['P7: journal.degraded']],
    ['the pod never ended', { events: [started, ...sent(1, answered('executed'))] }, ['P7: the pod did not end']],
    [
      'a hook found nobody',
      { events: [started, ...sent(1, refused('connect: connection refused')), ...over], runs: [], log: [] },
      ['P8: the preStop of app found nobody: connect: connection refused'],
    ],
    [
      'hookkeeper had to be killed',
      {
        events: [
          started,
          ...sent(1, answered('executed')),
          { ...sidecar, type: 'signalSent', signal: 'SIGKILL', graceMs: 0, atMs: 1 },
          ...over,
        ],
      },
      ['P8: hookkeeper did not end by itself after its SIGTERM'],
    ],
    [
      'what was taken away is not given back',
      {
        runs: [
          endedRun({
            undo: { why: 'it came back', tasks: [endedTask('drain/undo', { outcome: 'failed', reason: 'no' })] },
          }),
        ],
      },
      ['taken back: drain/undo failed: no'],
    ],
  ])('finds it broken where %s', (_what, fields, expected) => {
    expect(broken(fields)).toEqual(expected);
  });

  it('takes what could not be played to its end for broken', () => {
    const events = [started, ...sent(1, answered('executed'))];
    // That its pod did not end is no fault of Hookkeeper then.
    expect(broken({ events }, { problem: 'it was not over after 9 s' })).toEqual([
      'played to its end: it was not over after 9 s',
    ]);
  });

  it('asks for no success that the scenario does not allow, but for the reason to reach the kubelet', () => {
    const runs = [failedRun({ tasks: [endedTask('drain'), failedTask] })];
    const events = [started, ...sent(1, refused(`net/http: ${mime}`)), ...over];
    expect(broken({ runs, events }, { mayFail: 'preStop' })).toEqual([]);
    expect(broken({ runs, events })).toEqual(['hooks succeed: preStop of app failed: task drain exited with 3']);
  });

  it('knows joins, resumes and replays that were right', () => {
    const log = [
      entry('delivered', { served: 'executed' }),
      entry('runStarted'),
      entry('taskStarted', { task: 'drain' }),
      entry('delivered', { served: 'joined' }),
      entry('taskEnded', { task: 'drain', outcome: 'succeeded' }),
      entry('runEnded'),
      entry('delivered', { served: 'replayed', atMs: 11_000 }),
    ];
    const found = judged({ log }).filter(({ promise }) => promise === 'P2' || promise === 'P3');
    expect(found.map(({ held, why }) => [held, why])).toEqual([
      [true, '1 delivery during a run joined it'],
      [true, '1 run replayed, nothing of it done again'],
    ]);
  });

  it('lets a task be executed again whose success the kill may have kept from the journal, and no other', () => {
    const ended = (task: string, atMs: number) => [
      entry('taskStarted', { task, atMs }),
      entry('taskEnded', { task, outcome: 'succeeded', atMs }),
    ];
    const back = [
      entry('journal.opened', { run: undefined, atMs: 10_300 }),
      entry('delivered', { served: 'resumed', atMs: 10_400 }),
    ];
    const again = [...ended('flush', 10_500), entry('runEnded', { atMs: 10_600 })];
    const before = [entry('runStarted'), ...ended('drain', 10_100), ...ended('flush', 10_200)];
    expect(broken({ log: [...before, ...back, ...again] })).toEqual([]);
    expect(broken({ log: [...before, ...back, ...ended('drain', 10_450), ...again] })).toEqual([
      'P1: app#0 preStop drain was executed again after it had succeeded',
      'P3: drain was done again',
    ]);
  });

  it('asks nothing of a Hookkeeper that was killed, until it is back', () => {
    const killed: PodEvent = {
      ...sidecar,
      type: 'containerEnded',
      exit: { code: null, signal: 'SIGKILL' },
      atMs: 10_100,
    };
    const nobody = refused('dial tcp: connect: connection refused');
    const cut = runningRun([{ state: 'running', name: 'drain', attempts: 1, startedAtMs: 10_000 }]);
    const runs: RunRecord[] = [{ ...cut, state: 'interrupted' }];
    const events = [started, ...sent(1, answered('executed')), killed, ...sent(2, nobody, 10_200), ...over];
    const log = [...ran.slice(0, 3), entry('journal.opened', { atMs: 10_300 })];
    expect(broken({ events, log, runs })).toEqual([]);
    const late = [started, ...sent(1, answered('executed')), killed, ...sent(2, nobody, 10_400), ...over];
    expect(broken({ events: late, log, runs })).toEqual([
      'P8: the preStop of app found nobody: dial tcp: connect: connection refused',
    ]);
    const again = runs.map((run) => ({ ...run, lastDeliveryAtMs: 10_350 }));
    expect(broken({ events, log, runs: again })).toEqual([
      'P5: preStop of app never ended',
      'critical tasks: drain of preStop of app did not end',
    ]);
  });

  it('takes a critical task that its condition left out for done, and one that was shed for not', () => {
    const tasks = (reason: string, attempts: number): TaskRecord[] => [
      endedTask('drain', { outcome: 'skipped', attempts, reason }),
    ];
    expect(broken({ runs: [endedRun({ tasks: tasks('was answered with 404', 1) })] })).toEqual([]);
    expect(broken({ runs: [endedRun({ tasks: tasks('was shed', 0) })] })).toEqual([
      'critical tasks: drain of preStop of app skipped: was shed',
    ]);
  });
});
