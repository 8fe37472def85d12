import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type LiveConfig, openLiveConfig } from '../../src/cli/live-config.ts';

const good = (pause: string) => `version: 1
containers:
  app:
    postStart: []
    preStop:
      - { name: pause, sleep: ${pause} }
`;

let folder: string;
let lines: string[];
let open: LiveConfig | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hookkeeper-live-'));
  lines = [];
});
afterEach(() => {
  open?.close();
  rmSync(folder, { recursive: true });
});

/** Lays `text` out as the kubelet lays out a ConfigMap: the file is a link into a folder that is swapped as a whole. */
function swapConfigMap(text: string, generation: number): void {
  mkdirSync(join(folder, `..generation-${generation}`));
  writeFileSync(join(folder, `..generation-${generation}`, 'hooks.yaml'), text);
  symlinkSync(`..generation-${generation}`, join(folder, '..data_tmp'));
  renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
}

function start(pollMs?: number): { live: LiveConfig; reloads: string[] } {
  const file = join(folder, 'hooks.yaml');
  const logger = pino({ level: 'info' }, { write: (line) => void lines.push(line) });
  open = openLiveConfig({ file, env: {}, logger, epochMs: () => 1_800_000_000_000, ...(pollMs && { pollMs }) });
  if (open === undefined) throw new Error(`the config was not opened: ${lines.join('')}`);
  const reloads: string[] = [];
  open.onReload((result) => void reloads.push(result));
  return { live: open, reloads };
}

const pauseOf = (live: LiveConfig) => {
  const step = live.config().containers.get('app')?.preStop?.steps[0];
  return step?.kind === 'task' ? step.task.action.ownMs : undefined;
};

describe('the config in force', () => {
  beforeEach(() => {
    swapConfigMap(good('1s'), 1);
    symlinkSync('..data/hooks.yaml', join(folder, 'hooks.yaml'));
  });

  it('says what is wrong: warnings of the version in force, then why a newer one is refused', async () => {
    swapConfigMap(good('1s').replace('    postStart: []\n', ''), 2);
    const { live } = start(20);
    expect(live.problems()).toEqual([expect.stringMatching(/warning containers\.app should have a postStart too/)]);
    swapConfigMap(good('soon'), 3);
    await vi.waitFor(() => expect(live.problems()).toHaveLength(3), 10_000);
    expect(live.problems()[1]).toBe('the file as it is now is not used, the last good version stays in force:');
    expect(live.problems()[2]).toMatch(/error containers\.app\.preStop\[0\]\.sleep /);
    swapConfigMap(good('2s'), 4);
    await vi.waitFor(() => expect(live.problems()).toEqual([]), 10_000);
  });

  it('says what came of a look that was asked for, also where it is nothing new', async () => {
    const { live, reloads } = start();
    const told = async (words: string) => {
      lines = [];
      live.reload();
      await vi.waitFor(() => expect(lines.join('')).toContain(words), { timeout: 20_000 });
    };
    await told('the config file is as it was');
    swapConfigMap(good('soon'), 2);
    await vi.waitFor(() => expect(reloads).toEqual(['failed']), { timeout: 20_000 });
    await told('the last good one stays in force');
    swapConfigMap(good('1s'), 3);
    await vi.waitFor(() => expect(live.lastReloadError()).toBeNull(), { timeout: 20_000 });
    await told('the config file is as it was');
    expect(reloads).toEqual(['failed', 'ok']);
  });

  it('follows its file through the swaps of a ConfigMap', async () => {
    const { live, reloads } = start();
    expect(pauseOf(live)).toBe(1000);
    for (const [generation, pause, ms] of [
      [2, '2s', 2000],
      [3, '3s', 3000],
    ] as const) {
      swapConfigMap(good(pause), generation);
      await vi.waitFor(() => expect(pauseOf(live)).toBe(ms), { timeout: 20_000 });
    }
    expect(reloads).toEqual(['ok', 'ok']);
  });

  it('stays the last good one when the new one is bad, says so with the problem, and takes the next good one', async () => {
    const { live, reloads } = start();
    swapConfigMap(good('5'), 2);
    await vi.waitFor(() => expect(reloads).toEqual(['failed']), { timeout: 20_000 });
    expect(pauseOf(live)).toBe(1000);
    expect(live.lastReloadError()).toContain('containers.app.preStop[0].sleep');
    expect(lines.join('')).toContain('the last good one stays in force');
    swapConfigMap(good('4s'), 3);
    await vi.waitFor(() => expect(pauseOf(live)).toBe(4000), { timeout: 20_000 });
    expect(live.lastReloadError()).toBeNull();
  });

  it('says which hooks a new version takes from pods that still call them', async () => {
    const { live } = start(20);
    swapConfigMap(good('2s').replace('    postStart: []\n', '').replace('  app:', '  web:'), 2);
    await vi.waitFor(() => expect(live.problems()).toHaveLength(3), 10_000);
    const gone = [
      'the changed config has no postStart of app any more: a pod that still calls it is refused; write postStart: [] to let it do nothing',
      'the changed config has no preStop of app any more: a pod that still calls it is refused, and what one has taken away before is not given back; write preStop: [] to let it do nothing',
    ];
    expect(live.problems().slice(1)).toEqual(gone);
    for (const sentence of gone) expect(lines.filter((line) => line.includes(sentence))).toHaveLength(1);
    swapConfigMap(good('3s'), 3);
    await vi.waitFor(() => expect(live.problems()).toEqual([expect.stringContaining('no preStop of web')]), 10_000);
  });

  it('is the new one as soon as the scripts that it names are there, and what they lack is said once for each change', async () => {
    const { live, reloads } = start(10);
    const scripts = ['first.sh', 'second.sh'].map((name) => join(folder, 'scripts', name));
    const tasks = scripts.map((script, index) => `      - { name: s${index}, exec: { command: [${script}] } }\n`);
    swapConfigMap(good('2s') + tasks.join(''), 2);
    await vi.waitFor(() => expect(reloads).toEqual(['failed']), { timeout: 20_000 });
    expect(live.lastReloadError()).toContain('first.sh (not there)');

    mkdirSync(join(folder, 'scripts'));
    for (const script of scripts) {
      writeFileSync(`${script}.new`, '#!/bin/sh\n', { mode: 0o755 });
      renameSync(`${script}.new`, script);
      if (script === scripts[0]) await vi.waitFor(() => expect(reloads).toHaveLength(2), { timeout: 20_000 });
    }
    await vi.waitFor(() => expect(pauseOf(live)).toBe(2000), { timeout: 20_000 });
    expect(reloads).toEqual(['failed', 'failed', 'ok']);
    expect(live.lastReloadError()).toBeNull();
    const told = lines.filter((line) => line.includes('(not there)'));
    // Each problem of a set in a line of its own, and all of them in the line that says what is in force.
    expect(told.map((line) => line.match(/\w+\.sh \(/g))).toEqual([
      ['first.sh ('],
      ['second.sh ('],
      ['first.sh (', 'second.sh ('],
      ['second.sh ('],
      ['second.sh ('],
    ]);
  });
});

it('a config that is bad at the start is not opened, and every problem is logged', () => {
  const file = join(folder, 'hooks.yaml');
  writeFileSync(file, good('5').replace('pause,', 'Pause,'));
  const logger = pino({ level: 'info' }, { write: (line) => void lines.push(line) });
  const told: (readonly string[])[] = [];
  const onRefused = (reasons: readonly string[]) => void told.push(reasons);
  expect(openLiveConfig({ file, env: {}, logger, epochMs: () => 0, onRefused })).toBeUndefined();
  expect(told).toEqual([[expect.stringContaining('Pause'), expect.stringContaining('must')]]);
  expect(lines.filter((line) => line.includes('preStop[0]'))).toHaveLength(2);
});

it('a file that is not there is named', () => {
  const logger = pino({ level: 'info' }, { write: (line) => void lines.push(line) });
  expect(openLiveConfig({ file: join(folder, 'none.yaml'), env: {}, logger, epochMs: () => 0 })).toBeUndefined();
  expect(lines.join('')).toContain('none.yaml');
});
