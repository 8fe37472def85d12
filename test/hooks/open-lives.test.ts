import { describe, expect, it } from 'vitest';
import type { ContainerConfig } from '../../src/config/config.ts';
import { openLives } from '../../src/hooks/open-lives.ts';
import type { TaskAction } from '../../src/hooks/task.ts';
import type { RunRecord } from '../../src/journal/entry.ts';
import { ended, interrupted, running } from './records.ts';
import { hook } from './stage.ts';

const GRACE_MS = 30_000;
const NOW_MS = 1_800_000_000_000;
const BOTH: ContainerConfig<TaskAction> = {
  name: 'app',
  postStart: hook([]),
  preStop: hook([]),
  ports: [],
  process: undefined,
};
const WITHOUT_POSTSTART = { ...BOTH, postStart: undefined };
const WITHOUT_PRESTOP = { ...BOTH, preStop: undefined };

const run = (sequence: number, incarnation: string, agoMs = 0) => ({ sequence, incarnation, atMs: NOW_MS - agoMs });
const keyed = (record: RunRecord): RunRecord => ({
  ...record,
  incarnation: { ...record.incarnation, id: 'key-a', evidence: 'idempotency-key' },
});
const OPEN = [{ container: 'app', begun: true }];

const livesOf = (container: ContainerConfig<TaskAction>, runs: RunRecord[], ...otherLives: string[]) =>
  openLives({
    containers: [container],
    runsOf: () => runs,
    atMs: NOW_MS,
    graceMs: GRACE_MS,
    otherLives: new Set(otherLives),
    begun: new Set(),
  });

describe('a preStop can still come', () => {
  it.each<[string, ContainerConfig<TaskAction>, RunRecord[], ReturnType<typeof openLives>]>([
    ['nothing came yet: perhaps', BOTH, [], [{ container: 'app', begun: false }]],
    ['a postStart came', BOTH, [ended('postStart', run(1, 'a'))], OPEN],
    ['its postStart is being executed', BOTH, [running('postStart', run(1, 'a'))], OPEN],
    [
      'its postStart failed: the kubelet sends a preStop then',
      BOTH,
      [ended('postStart', { ...run(1, 'a'), outcome: 'failed' })],
      OPEN,
    ],
    ['its preStop is being executed: no', BOTH, [ended('postStart', run(1, 'a')), running('preStop', run(2, 'a'))], []],
    ['its preStop ended: no', BOTH, [ended('postStart', run(1, 'a')), ended('preStop', run(2, 'a'))], []],
    [
      'its preStop was interrupted: no',
      BOTH,
      [ended('postStart', run(1, 'a')), interrupted('preStop', run(2, 'a'))],
      [],
    ],
    [
      'its last tasks were run without a preStop, and Hookkeeper was started again since',
      BOTH,
      [ended('postStart', run(1, 'a')), { ...ended('preStop', run(2, 'a')), deliveries: 0 }],
      OPEN,
    ],
    [
      'only callers with keys came: the life of the last of them, by its key',
      BOTH,
      [keyed(ended('postStart', run(1, 'k')))],
      [{ container: 'app', begun: true, key: 'a' }],
    ],
    [
      'a caller with a key closed only its own life',
      BOTH,
      [ended('postStart', run(1, 'a')), keyed(ended('preStop', run(2, 'k')))],
      OPEN,
    ],
    [
      'all deliveries have a key: no',
      BOTH,
      [keyed(ended('postStart', run(1, 'k'))), keyed(ended('preStop', run(2, 'k')))],
      [],
    ],
    ['the next life began', BOTH, [ended('preStop', run(1, 'a')), ended('postStart', run(2, 'b'))], OPEN],
    ['no postStart is configured, and nothing came', WITHOUT_POSTSTART, [], OPEN],
    [
      'no postStart is configured, and a preStop just came: no',
      WITHOUT_POSTSTART,
      [ended('preStop', run(1, 'a', 60_000))],
      [],
    ],
    [
      'no postStart is configured, and a preStop came long ago',
      WITHOUT_POSTSTART,
      [ended('preStop', run(1, 'a', 60_001))],
      OPEN,
    ],
    [
      'no postStart is configured, and the clock was set back since a preStop came',
      WITHOUT_POSTSTART,
      [ended('preStop', run(1, 'a', -60_001))],
      OPEN,
    ],
    [
      'a postStart is configured, which none was sent for, and a preStop just came: no',
      BOTH,
      [ended('preStop', run(1, 'a', 60_000))],
      [],
    ],
    [
      'a postStart is configured, which none was sent for, and a preStop came long ago',
      BOTH,
      [ended('preStop', run(1, 'a', 60_001))],
      OPEN,
    ],
    [
      'a postStart came once, and none since a preStop that came long ago: no',
      BOTH,
      [ended('postStart', run(1, 'a', 90_000)), ended('preStop', run(2, 'a', 60_001))],
      [],
    ],
    ['no preStop is configured: never', WITHOUT_PRESTOP, [ended('postStart', run(1, 'a'))], []],
  ])('%s', (_what, container, runs, expected) => {
    expect(livesOf(container, runs)).toEqual(expected);
  });

  it('where its app is seen in another life than that which a preStop has closed', () => {
    const closed = [ended('preStop', run(1, 'a', 1000))];
    expect(livesOf(WITHOUT_POSTSTART, closed, 'other')).toEqual([]);
    expect(livesOf(WITHOUT_POSTSTART, closed, 'app')).toEqual(OPEN);
  });

  it('where nothing came yet, although its app began for sure', () => {
    const facts = {
      containers: [BOTH],
      runsOf: () => [],
      atMs: NOW_MS,
      graceMs: GRACE_MS,
      otherLives: new Set<string>(),
    };
    expect(openLives({ ...facts, begun: new Set(['app']) })).toEqual(OPEN);
    expect(openLives({ ...facts, begun: new Set(['other']) })).toEqual([{ container: 'app', begun: false }]);
  });
});
