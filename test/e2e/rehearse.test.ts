import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { environmentOf, listPids } from '../../src/proc/process-table.ts';
import { startChild } from '../../src/rehearse/child.ts';
import { freePort } from '../../src/rehearse/free-port.ts';
import type { RehearsedScenario } from '../../src/rehearse/rehearsal.ts';
import type { ScenarioName } from '../../src/rehearse/scenarios.ts';
import { runProgram } from '../helpers/program.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';
import { within } from '../helpers/within.ts';
import { beginRehearsal, broken, type Rehearsed, rehearsed } from './rehearsed.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const QUICKSTART = join(ROOT, 'k8s-examples', 'quickstart');

/** The demo's config with shorter times, and its app, on a port of their own. */
async function quickstart(otherwise: Readonly<Record<string, string>> = {}) {
  const port = await freePort(Math.random);
  const dir = await temporaryFolder();
  const changes = {
    '8080': String(port),
    '45s': '12s',
    'reserve: 10s': 'reserve: 2s',
    '10s': '2s',
    '5s': '700ms',
    ...otherwise,
  };
  const text = Object.entries(changes).reduce(
    (all, [from, to]) => all.replaceAll(from, to),
    readFileSync(join(QUICKSTART, 'hooks.yaml'), 'utf8'),
  );
  const file = join(dir, 'hooks.yaml');
  await writeFile(file, text);
  const app = `PORT=${port} ${process.execPath} ${join(QUICKSTART, 'app', 'app.mjs')}`;
  return { port, dir, file, args: ['--config', file, '--app', app] };
}

interface Watching {
  readonly held?: boolean;
  readonly lifecycle?: { readonly sidecar: 'regular' };
  readonly postStart?: undefined;
  readonly preStop?: readonly object[] | undefined;
}

/** A config whose containers do little, the last with a port on which somebody else listens if it is `held`. */
async function watching(containers: readonly string[], { held = false, ...otherwise }: Watching = {}) {
  const port = await freePort(Math.random);
  if (held) {
    const holder = createServer().listen(port, '127.0.0.1');
    onTestFinished(() => void holder.close());
    await once(holder, 'listening');
  }
  const task = { name: 'notice', sleep: '50ms' };
  const { lifecycle, ...hooks } = { postStart: [task], preStop: [task], lifecycle: {}, ...otherwise };
  const container = (name: string) => ({ ...hooks, ports: name === containers.at(-1) ? [port] : [] });
  const all = Object.fromEntries(containers.map((name) => [name, container(name)]));
  const config = join(await temporaryFolder(), 'hooks.yaml');
  const common = { version: 1, grace: { period: '8s', reserve: '2s' } };
  await writeFile(config, JSON.stringify({ ...common, lifecycle, containers: all }));
  return { config, port };
}

const play = async (name: ScenarioName): Promise<Rehearsed & { readonly scenario: RehearsedScenario | undefined }> => {
  const { args } = await quickstart();
  const done = await rehearsed([...args, '--scenario', name]);
  return { ...done, scenario: done.rehearsal.scenarios[0] };
};

const served = (scenario: RehearsedScenario | undefined) =>
  scenario?.runs.map(
    ({ hook, state, deliveries }) => `${hook} ${state}: ${deliveries.map((each) => each.served).join(', ')}`,
  );

const marks = (scenario: RehearsedScenario | undefined) => scenario?.marks.map(({ label }) => label) ?? [];

describe('hookkeeper rehearse on the demo config', () => {
  it('stop: runs each hook and each task once', async () => {
    const { code, text, rehearsal, scenario } = await play('stop');
    expect(broken(rehearsal)).toEqual([]);
    expect(code).toBe(0);
    expect(served(scenario)).toEqual(['postStart succeeded: executed, 200', 'preStop succeeded: executed, 200']);
    expect(marks(scenario)).toEqual(['the pod is deleted', 'SIGTERM to app', 'SIGTERM to hookkeeper']);
    expect(scenario?.verdicts.map(({ promise, name }) => promise ?? name)).toEqual([
      'P1',
      'P4',
      'P5',
      'critical tasks',
      'hooks succeed',
      'P6',
      'P7',
      'P8',
    ]);
    expect(scenario?.verdicts[0]?.why).toBe('5 tasks, 5 executions');
    expect(text).toMatch(/the tasks are really run, on this machine/);
    expect(text).toMatch(/1 scenario takes at least [\d.]+ s and at most [\d.]+ s: stop/);
    expect(text).toMatch(/\n✔ 1 of 1 scenarios played in [\d.]+ s, everything was kept/);
  });

  it('kubelet-restart: the second delivery joins the run of the first', async () => {
    const { code, rehearsal, scenario } = await play('kubelet-restart');
    expect([code, broken(rehearsal)]).toEqual([0, []]);
    expect(served(scenario)?.[1]).toMatch(/^preStop succeeded: the kubelet died, (joined|replayed), 200$/);
    expect(marks(scenario)).toEqual(expect.arrayContaining(['the kubelet is killed', 'the kubelet is back']));
  });

  it('short-grace: sheds the wait for load balancers, does the rest, and is in time', async () => {
    const { code, rehearsal, scenario } = await play('short-grace');
    expect([code, broken(rehearsal)]).toEqual([0, []]);
    const [, preStop] = scenario?.runs ?? [];
    expect(preStop?.deadline).toMatchObject({ source: 'header', graceMs: 4000 });
    // Whether there is time for the last one, which is optional too, is the machine's.
    expect(preStop?.tasks.slice(0, 3).map(({ name, state }) => `${name} ${state}`)).toEqual([
      'let-load-balancers-notice skipped',
      'drain succeeded',
      'save-state succeeded',
    ]);
    expect(preStop?.tasks[0]?.reason).toMatch(/^was shed as /);
    expect(preStop?.deliveries[0]?.served).toBe('executed, 200');
  });

  it('app-restart: gives each life of the app its own runs', async () => {
    const { code, rehearsal, scenario } = await play('app-restart');
    expect([code, broken(rehearsal)]).toEqual([0, []]);
    expect(scenario?.runs.map(({ hook }) => hook)).toEqual(['postStart', 'preStop', 'postStart', 'preStop']);
    expect(marks(scenario)).toContain('app started again');
  });

  it('sidecar-killed: goes on where it was, with what was done left alone', async () => {
    const { code, rehearsal, scenario } = await play('sidecar-killed');
    expect([code, broken(rehearsal)]).toEqual([0, []]);
    expect(served(scenario)?.[1]).toMatch(/^preStop succeeded: the kubelet died, (resumed|replayed), 200$/);
    const [notice] = scenario?.runs[1]?.tasks ?? [];
    expect(notice).toMatchObject({ name: 'let-load-balancers-notice', state: 'succeeded', attempts: 1 });
    expect(scenario?.verdicts.map(({ promise }) => promise)).toContain('P3');
    expect(marks(scenario)).toEqual(expect.arrayContaining(['hookkeeper ended', 'hookkeeper started again']));
  });

  it('never-drains: ends the hook in time, and the app is what the kubelet kills', async () => {
    const { code, rehearsal, scenario } = await play('never-drains');
    expect([code, broken(rehearsal)]).toEqual([0, []]);
    expect(marks(scenario)).toEqual(expect.arrayContaining(['a connection is held', 'SIGKILL to app']));
    expect(scenario?.runs[1]?.state).toBe('succeeded');
  });

  it('failing-start: tells the kubelet, runs the preStop of the failed life, and starts afresh', async () => {
    const { code, rehearsal, scenario } = await play('failing-start');
    expect([code, broken(rehearsal)]).toEqual([0, []]);
    expect(scenario?.runs.map(({ hook, state }) => `${hook} ${state}`)).toEqual([
      'postStart timedOut',
      'preStop succeeded',
      'postStart succeeded',
      'preStop succeeded',
    ]);
    expect(scenario?.runs[0]?.deliveries[0]?.served).toMatch(/^failed: hookkeeper postStart .*fails-in-rehearsal/);
  });
});

describe('a rehearsal of a regular sidecar', () => {
  it('stops it together with the app, whose preStop it still serves', async () => {
    const { config } = await watching(['app'], { lifecycle: { sidecar: 'regular' }, postStart: undefined });
    const { code, text, rehearsal } = await rehearsed(['--config', config, '--scenario', 'stop', 'kubelet-restart']);
    expect([code, broken(rehearsal)]).toEqual([0, []]);
    expect(text).toContain('Hookkeeper is a regular sidecar, the app is a stand-in');
    expect(text).not.toContain('startupProbe');
    expect(marks(rehearsal.scenarios[0])).toEqual(['the pod is deleted', 'SIGTERM to hookkeeper', 'SIGTERM to app']);
  });
});

describe('a rehearsal of what cannot go well', () => {
  it('finds a critical task that does not end, and a hook that fails', async () => {
    const { args } = await quickstart({ '/admin/save': '/admin/nothing' });
    const { code, text, rehearsal } = await rehearsed([...args, '--scenario', 'stop']);
    expect(code).toBe(1);
    expect(broken(rehearsal)).toEqual([
      expect.stringMatching(/^stop: critical tasks: save-state of preStop of app failed: /),
      expect.stringMatching(/^stop: hooks succeed: preStop of app failed: /),
    ]);
    expect(text).toMatch(/\n✘ 1 of 1 scenarios played in .*, 2 broken in stop\n/);
  });

  it('finds a postStart that never succeeds, and does not wait for what comes after it', async () => {
    const { args } = await quickstart({ '/healthz': '/nothing', '30s': '2s' });
    const { code, rehearsal } = await rehearsed([...args, '--scenario', 'stop']);
    expect(code).toBe(1);
    expect(broken(rehearsal)[0]).toMatch(/^stop: played to its end: the postStart of app failed: /);
  });

  it('does not begin where nobody listens on a port that tasks call, and says what to do', async () => {
    const { port, file } = await quickstart();
    const { child } = await beginRehearsal(['--config', file]);
    const { code } = await within('the end', child.exited);
    expect(code).toBe(2);
    const text = child.lines().join('\n');
    expect(text).toContain(`nobody listens on 127.0.0.1:${port}, which wait-until-app-answers, drain, save-state call`);
    expect(text).toContain('--app-port PORT');
  });

  it('lets a stand-in answer there', async () => {
    const { port, file } = await quickstart();
    const { code, rehearsal } = await rehearsed(['--config', file, '--app-port', String(port), '--scenario', 'stop']);
    expect([code, broken(rehearsal)]).toEqual([0, []]);
  });

  it('plays no restart of an app that is there already: its sockets would be those of one life', async () => {
    const { config } = await watching(['app'], { held: true });
    const { code, rehearsal } = await rehearsed([
      '--config',
      config,
      '--scenario',
      'stop',
      'app-restart',
      'failing-start',
    ]);
    expect([code, broken(rehearsal)]).toEqual([0, []]);
    const why =
      'Hookkeeper would see no new life of app, as a process that was there before listens on its ports and stays: ' +
      'end it, and have it started with --app';
    expect(rehearsal.scenarios.map(({ notPlayed }) => notPlayed)).toEqual([null, why, why]);
  });

  it('plays nothing in the middle of a preStop where the config has none', async () => {
    const { config } = await watching(['app'], { preStop: undefined });
    const scenarios = ['stop', 'kubelet-restart', 'sidecar-killed'];
    const { code, rehearsal } = await rehearsed(['--config', config, '--scenario', ...scenarios]);
    expect([code, broken(rehearsal)]).toEqual([0, []]);
    const why = 'the config has no preStop';
    expect(rehearsal.scenarios.map(({ notPlayed }) => notPlayed)).toEqual([null, why, why]);
  });

  it.each(['kubelet-restart', 'sidecar-killed'])(
    '%s: is in the middle also of a preStop of one task',
    async (scenario) => {
      const preStop = [{ name: 'notice', sleep: '1500ms' }];
      const { config } = await watching(['app'], { preStop });
      const { code, rehearsal } = await rehearsed(['--config', config, '--scenario', scenario]);
      expect([code, broken(rehearsal)]).toEqual([0, []]);
      expect(served(rehearsal.scenarios[0])?.[1]).toMatch(/^preStop succeeded: the kubelet died, /);
    },
  );

  it('holds no connection where nobody listens, and says so instead of what it broke', async () => {
    const { config, port } = await watching(['app']);
    const { code, rehearsal } = await rehearsed(['--config', config, '--scenario', 'stop', 'never-drains']);
    expect([code, broken(rehearsal)]).toEqual([0, []]);
    expect(rehearsal.scenarios[1]?.notPlayed).toMatch(`nobody listens on 127.0.0.1:${port}, `);
  });

  it.each([
    [[], 'the stand-in'],
    [['--app', 'sleep 300'], 'the app'],
  ])('does not begin where another process has the port of the app, with %j', async (more, who) => {
    const { config, port } = await watching(['app'], { held: true });
    const { child } = await beginRehearsal(['--config', config, '--app-port', String(port), ...more]);
    expect(await within('the end', child.exited)).toEqual({ code: 2, signal: null });
    expect(child.lines().at(-1)).toBe(
      `error another process listens on port ${port}, where ${who} is to: end it before`,
    );
  });

  it('starts the app in one of several containers, and restarts all of them', async () => {
    const { config, port } = await watching(['web', 'app']);
    const { code, rehearsal } = await rehearsed([
      '--config',
      config,
      '--app-port',
      String(port),
      '--scenario',
      'app-restart',
    ]);
    expect([code, broken(rehearsal)]).toEqual([0, []]);
    const [scenario] = rehearsal.scenarios;
    expect(scenario?.runs.map(({ container }) => container).toSorted()).toEqual([
      ...Array<string>(4).fill('app'),
      ...Array<string>(4).fill('web'),
    ]);
    expect(scenario?.marks.filter(({ label }) => label.endsWith(' ended'))).toEqual([]);
  });

  it.each([
    [['--scenario', 'stop', 'nonsense'], '--scenario must be one of stop, '],
    [['--report', 'out.pdf'], '--report must end in .html or .svg: value is out.pdf'],
    [['--grace', 'soon'], '--grace must be '],
    [['--app-port', '0'], '--app-port '],
    [['--config', '/nowhere/hooks.yaml'], '/nowhere/hooks.yaml'],
  ])('refuses %j', async (args, said) => {
    const { child } = await beginRehearsal(args);
    expect(await within('the end', child.exited)).toEqual({ code: 2, signal: null });
    expect(child.lines().join('\n')).toContain(said);
  });
});

describe('a rehearsal without a place to write in', () => {
  it('says so, and begins nothing', async () => {
    const { args } = await quickstart();
    const { child } = await beginRehearsal(args, { TMPDIR: '/proc/none' });
    expect(await within('the end', child.exited)).toEqual({ code: 2, signal: null });
    expect(child.lines().at(-1)).toMatch(/^a rehearsal needs a folder to write in: .*; name one in TMPDIR$/);
  });
});

describe('npm run demo', () => {
  it('plays the quickstart, also with 8080 taken, draws the picture of the README, and leaves nothing behind', async () => {
    const holder = createServer().listen(8080, '127.0.0.1');
    onTestFinished(() => void holder.close());
    // Whoever else has the port serves the test as well.
    await new Promise((resolve) => holder.once('listening', resolve).once('error', resolve));
    const [tmp, drawn] = [await temporaryFolder(), join(await temporaryFolder(), 'rehearsal.svg')];
    const env = { PATH: process.env['PATH'], TMPDIR: tmp };
    const demo = startChild(
      '/bin/sh',
      ['-c', `cd ${ROOT} && exec ${process.execPath} .ci/demo.mjs --report ${drawn}`],
      env,
      {
        group: true,
      },
    );
    onTestFinished(() => demo.kill('SIGKILL'));
    const exit = await within('the end of the demo', demo.exited, 50_000);
    const text = demo.lines().join('\n');
    expect(text).toMatch(/ {2}delivery 2 \(kubelet\) +├─+┤ +joined, 200/);
    expect(text).toMatch(/ {2}flush-metrics +─*█+/);
    expect(text).not.toContain('✘');
    expect(exit).toEqual({ code: 0, signal: null });
    expect(readdirSync(tmp)).toEqual([]);
    const shown = readFileSync(join(ROOT, 'docs', 'rehearsal.svg'), 'utf8');
    expect(rowsOf(readFileSync(drawn, 'utf8'))).toEqual(rowsOf(shown));
    expect(rowsOf(shown)).toEqual(expect.arrayContaining(['delivery 2 (kubelet)', 'the kubelet is killed', 'P2 join']));
    expect(readFileSync(join(ROOT, 'README.md'), 'utf8')).toMatch(
      /\(docs\/rehearsal\.svg\)\n\n```console\n.*npm run demo -- --report docs\/rehearsal\.svg/,
    );
  });
});

describe('a rehearsal whose report has no place', () => {
  it('says so before it begins, and ends with 2', async () => {
    const { args, dir } = await quickstart();
    const [nowhere, folder] = [join(dir, 'nowhere', 'report.html'), join(dir, 'folder.svg')];
    await mkdir(folder);
    const { child } = await beginRehearsal([
      ...args,
      '--report',
      nowhere,
      folder,
      '--record',
      join(dir, 'record.json'),
    ]);
    expect(await within('the end', child.exited)).toEqual({ code: 2, signal: null });
    expect(child.lines()).toEqual([
      expect.stringContaining(`cannot write ${nowhere}: there is no folder `),
      `cannot write ${folder}: it is a folder, name a file in it`,
    ]);
  });
});

describe('a rehearsal that is broken off', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('by %s ends all that it started, and leaves nothing', async (signal) => {
    const { args, dir } = await quickstart({ '700ms': '30s' });
    const { child, leftovers } = await beginRehearsal([...args, '--grace', '60s', '--scenario', 'stop'], { HERE: dir });
    const begun = Promise.withResolvers<void>();
    child.onLine((line) => {
      if (line.includes('let-load-balancers-notice: started')) begun.resolve();
    });
    await within('the preStop', begun.promise);
    expect(processesWith(dir).length).toBeGreaterThan(1);
    child.kill(signal);
    expect(await within('the end', child.exited)).toEqual({ code: 130, signal: null });
    expect(processesWith(dir)).toEqual([]);
    expect(leftovers()).toEqual([]);
  });
});

describe('a dry run', () => {
  it('runs no task, and foresees what does not fit', async () => {
    const { file } = await quickstart({ '/admin/save': '/nobody' });
    const good = await rehearsed(['--config', file, '--dry-run', '--scenario', 'stop', 'never-drains', 'app-restart']);
    expect([good.code, broken(good.rehearsal)]).toEqual([0, []]);
    expect(good.rehearsal.scenarios.map(({ notPlayed }) => notPlayed === null)).toEqual([true, false, true]);
    expect(good.rehearsal).toMatchObject({ dryRun: true, scenarios: [{ runs: [{ state: 'succeeded' }, {}] }, {}, {}] });
    const short = await rehearsed(['--config', file, '--dry-run', '--scenario', 'short-grace', '--grace', '7s']);
    expect(short.code).toBe(1);
    expect(broken(short.rehearsal)).toEqual([expect.stringMatching(/^short-grace: critical tasks at worst: /)]);
  });

  it('leaves out what is for another reason of the stop, as a real one does', async () => {
    const preStop = [
      { name: 'leave', sleep: '4s', when: { reason: 'termination' } },
      { name: 'flush', sleep: '4s', when: { reason: 'restart' } },
    ];
    const { config } = await watching(['app'], { preStop });
    const { code, rehearsal } = await rehearsed(['--config', config, '--dry-run', '--scenario', 'stop']);
    expect([code, broken(rehearsal)]).toEqual([0, []]);
    const [leave, flush] = rehearsal.scenarios[0]?.runs[1]?.tasks ?? [];
    expect([leave?.state, flush?.state]).toEqual(['succeeded', 'skipped']);
    expect(flush?.reason).toMatch(/^was skipped as it is for a restart, and this stop is unknown/);
  });

  it('foresees a grace that is shorter than the reserve, and says which sidecar would refuse it', async () => {
    const { file } = await quickstart();
    const args = ['--config', file, '--scenario', 'stop', '--grace', '2s'];
    const dry = await rehearsed([...args, '--dry-run']);
    expect(dry.rehearsal.grace).toEqual({ periodMs: 2000, reserveMs: 200 });
    expect(dry.text).toContain('a sidecar with HOOKKEEPER_GRACE_PERIOD=2s would refuse the reserve of 2s');
    const { code, stdout } = await runProgram(['rehearse', ...args]);
    expect(code).toBe(2);
    expect(stdout).toMatch(
      /grace\.reserve must be less than the grace period of 2s, which --grace says: .* and --grace\n/,
    );
  });

  it('ends with 2 where it could foresee none of the scenarios that were asked for', async () => {
    const { file } = await quickstart();
    const none = await rehearsed(['--config', file, '--dry-run', '--scenario', 'app-restart', 'failing-start']);
    expect(none.code).toBe(2);
    expect(none.text).toMatch(/\n✘ nothing was foreseen, so nothing is known\n/);
  });
});

/** The rows of a picture and its verdicts, without their figures. */
function rowsOf(svg: string): string[] {
  return [...svg.matchAll(/data-key="([^"]*)"|>✔ ([^:<]*): /g)].map(([, row, verdict]) => row ?? verdict ?? '');
}

function processesWith(text: string): number[] {
  return listPids().filter((pid) => environmentOf(pid)?.includes(text) === true);
}
