import { readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startChild } from '../../src/rehearse/child.ts';
import { freePort } from '../../src/rehearse/free-port.ts';
import { PROGRAM, runProgram } from '../helpers/program.ts';
import { json, request } from '../helpers/request.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';
import { hooks, preStop, stage, until } from './stage.ts';

const version: unknown = JSON.parse(
  readFileSync(join(import.meta.dirname, '..', '..', 'package.json'), 'utf8'),
).version;

describe('hookkeeper', () => {
  it('without arguments prints its commands on stderr and ends with 2', async () => {
    const { code, stdout, stderr } = await runProgram([]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^Usage: hookkeeper COMMAND/);
  });

  it.each([[['--help']], [['-h']], [['help']]])('with %j prints its commands and ends with 0', async (args) => {
    const { code, stdout, stderr } = await runProgram(args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^Usage: hookkeeper COMMAND/);
    for (const command of ['serve', 'check', 'schema', 'journal']) expect(stdout).toContain(`  ${command} `);
  });

  it.each(['serve', 'check', 'schema', 'journal'])('%s --help prints its options and ends with 0', async (command) => {
    const { code, stdout } = await runProgram([command, '--help']);
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^Usage: hookkeeper ${command}`));
  });

  it('--version prints that of the package', async () => {
    expect(await runProgram(['--version'])).toEqual({ code: 0, stdout: `${String(version)}\n`, stderr: '' });
  });

  it.each<[string[], string, NodeJS.ProcessEnv?]>([
    [['srve'], 'unknown command "srve": did you mean serve?'],
    [['serve', '--prot=1'], 'unknown option --prot: did you mean --port?'],
    [['serve', 'hooks.yaml'], 'unexpected argument "hooks.yaml": did you mean --config hooks.yaml?'],
    [['serve', '--port'], '--port needs a value: --port PORT'],
    [['serve', '--port=http'], '--port must be a number from 0 to 65535: value is http'],
    [['serve', '--ops-port=65536'], '--ops-port must be a number from 0 to 65535: value is 65536'],
    [['serve', '--port=9750', '--ops-port=9750'], '--ops-port must be another port than --port: value is 9750'],
    [['serve', '--log-level=loud'], '--log-level must be one of trace, debug, info, warn, error, fatal'],
    [['serve'], 'HOOKKEEPER_PORT must be a number from 0 to 65535: value is 97400', { HOOKKEEPER_PORT: '97400' }],
    [['serve'], 'HOOKKEEPER_LOG_LEVEL must be one of trace', { HOOKKEEPER_LOG_LEVEL: 'loud' }],
  ])('with %j says what is wrong on stderr and ends with 2: %s', async (args, message, env = {}) => {
    const { code, stdout, stderr } = await runProgram(args, env);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(`hookkeeper: ${message}`);
    expect(stderr.endsWith(`See hookkeeper ${args[0] === 'serve' ? 'serve ' : ''}--help\n`)).toBe(true);
  });

  it('starts in a namespace with a Service named hookkeeper, and says what it passes over', async () => {
    const env = { HOOKKEEPER_PORT: 'tcp://10.0.0.7:9740' };
    const { stdout, stderr } = await runProgram(['serve', '--config=/nowhere/hooks.yaml'], env);
    expect(stderr).toMatch(/^hookkeeper: HOOKKEEPER_PORT is passed over, .* set enableServiceLinks: false/);
    expect(stdout).toContain('cannot read the config file');
  });
});

const BAD = `version: 2
grace: { period: 30 }
containers:
  app:
    postStart: []
    preStop:
      - name: A_b
        sleep: 1s
      - name: save
        exec: { command: [/nope] }
      - name: x
        slep: 5s
`;
/** Line, path and rule of each. */
const PROBLEMS = [
  /:1:\d+ error version must be 1: value is 2/,
  /:2:\d+ error grace\.period must be a duration with a unit such as 30s or 1m30s: value is 30, write "30s"/,
  /:7:\d+ error containers\.app\.preStop\[0\]\.name must be a name of/,
  /:10:\d+ error containers\.app\.preStop\[1\]\.exec\.command\[0\] must be an executable file: value is \/nope/,
  /:12:\d+ error containers\.app\.preStop\[2\]\.slep is not a known key: did you mean "sleep"\?/,
];

describe('an output', () => {
  /** Runs a command of the program with its stdout in the hands of a shell; resolves with its exit code and stderr. */
  async function redirected(shell: string, args: readonly string[]) {
    const dir = await temporaryFolder();
    const file = '/bin/sh';
    const child = startChild(file, ['-c', `cd ${dir}; ${shell}`, 'sh', process.execPath, PROGRAM, ...args], {});
    onTestFinished(() => child.kill('SIGKILL'));
    const { code } = await child.exited;
    return { code, stderr: child.lines().join('\n') };
  }

  // The FIFO has a reader only until the program is started.
  const unread = 'mkfifo p; exec 3<>p 4>p 3<&-; exec "$@" >&4';

  it.each([[['--help']], [['--version']], [['schema']], [[]]])(
    'that nobody reads any more is no fault of hookkeeper %j',
    async (args) => {
      const { code, stderr } = await redirected(`${unread} ${args.length === 0 ? '2>&4' : ''}`, args);
      expect({ code, stderr }).toEqual({ code: args.length === 0 ? 2 : 0, stderr: '' });
    },
  );

  it.each([[['--help']], [['schema']]])('that has no room does not pass for whole: hookkeeper %j', async (args) => {
    expect(await redirected('exec "$@" > /dev/full', args)).toEqual({
      code: 1,
      stderr: 'hookkeeper: cannot write the whole output: ENOSPC: no space left on device, write',
    });
  });

  it('gets to a slow reader as a whole', async () => {
    // A pipe takes 64 KiB, and the rest when somebody reads it.
    const slowly = '{ "$@"; echo $? > code; } | { sleep 2; cat; } > got';
    const shell = `"$@" > whole; ${slowly}; cmp whole got && exit $(cat code)`;
    expect(await redirected(shell, ['schema'])).toEqual({ code: 0, stderr: '' });
  });

  it('that nobody reads any more ends a watch', async () => {
    const { configure, start } = await stage();
    await configure(hooks({ preStop: [] }));
    const { opsPort } = await start();
    const args = ['status', '--watch', '--json', `--ops-port=${opsPort}`];
    expect(await redirected(unread, args)).toEqual({ code: 0, stderr: '' });
  });
});

describe.each(['serve', 'check'])('hookkeeper %s with a config that is bad', (command) => {
  it('tells every problem at once with its line, and ends with 2', async () => {
    const { configFile, configure } = await stage();
    await configure(BAD);
    const { code, stdout } = await runProgram([command, `--config=${configFile}`]);
    expect(code).toBe(2);
    const text = stdout.replaceAll('\\"', '"');
    for (const problem of PROBLEMS) expect(text).toMatch(problem);
  });

  it('as there is none ends with 2 too', async () => {
    const { code, stdout } = await runProgram([command, '--config=/nowhere/hooks.yaml']);
    expect(code).toBe(2);
    expect(stdout).toMatch(/\/nowhere\/hooks\.yaml.*(cannot be read|cannot read).*ENOENT.*name another with --config/s);
  });
});

describe('hookkeeper check and schema', () => {
  it('print the plan of a good config with its budgets, and the schema, and end with 0', async () => {
    const { configFile, configure, task } = await stage();
    await configure(hooks({ preStop: [task('drain', '', { timeout: '3s' }), { name: 'settle', sleep: '1s' }] }));
    const plan = await runProgram(['check'], { HOOKKEEPER_CONFIG: configFile });
    expect(plan).toMatchObject({ code: 0, stderr: '' });
    expect(plan.stdout).toMatch(
      /app preStop.*drain +exec.*settle +sleep 1s.*grace 40s - reserve 5s - answer 250ms = 34\.75s/s,
    );
    const schema = await runProgram(['schema']);
    expect(schema).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(schema.stdout)).toMatchObject({ title: 'Hookkeeper config', type: 'object' });
  });
});

describe('hookkeeper serve', () => {
  it.each(['--port', '--ops-port'])('with a %s that is taken says so and ends with 1', async (flag) => {
    const { configFile, journalDir, configure, start } = await stage();
    await configure(hooks({ preStop: [] }));
    const { port } = await start();
    const others = { '--port': '0', '--ops-port': '0', [flag]: String(port) };
    const flags = Object.entries({ ...others, '--config': configFile, '--journal': journalDir, '--host': '127.0.0.1' });
    const { code, stdout } = await runProgram(['serve', ...flags.flat()]);
    expect(code).toBe(1);
    expect(stdout).toContain(`cannot listen on port ${port} of host 127.0.0.1: another process has it`);
  });

  it('takes every option from its environment variable, and a flag before that', async () => {
    const { dir, configFile, configure, executions, task } = await stage();
    await configure(hooks({ preStop: [task('only')] }));
    const [port, opsPort, flagged] = [await freePort(Math.random), await freePort(Math.random), join(dir, 'flagged')];
    const env = {
      PATH: process.env['PATH'],
      HOOKKEEPER_CONFIG: configFile,
      HOOKKEEPER_HOST: '127.0.0.1',
      HOOKKEEPER_PORT: String(port),
      HOOKKEEPER_OPS_PORT: String(opsPort),
      HOOKKEEPER_JOURNAL: join(dir, 'from-env'),
      HOOKKEEPER_POD_UID: 'pod-of-the-environment',
      HOOKKEEPER_LOG_LEVEL: 'Debug',
      HOOKKEEPER_GRACE_PERIOD: '50',
      HOOKKEEPER_GRACE_RESERVE: '7s',
    };
    const child = startChild(process.execPath, [PROGRAM, 'serve', '--journal', flagged], env);
    onTestFinished(async () => {
      child.kill('SIGKILL');
      await child.exited;
    });
    await until('its first line', () => child.lines().some((line) => line.includes('serves hooks on port')));
    expect(child.lines().join('\n')).toMatch(/"level":"debug".*"host":"127\.0\.0\.1"/s);
    expect(json(await preStop({ port }))).toMatchObject({
      outcome: 'succeeded',
      deadline: { source: 'environment', graceMs: 50_000, reserveMs: 7000 },
    });
    expect(json(await request({ port: opsPort, path: '/status' }))).toMatchObject({ config: { file: configFile } });
    expect(executions()).toEqual(['only']);

    const printed = await runProgram(['journal'], { HOOKKEEPER_JOURNAL: flagged, HOOKKEEPER_JSON: 'true' });
    expect(printed.code).toBe(0);
    expect(JSON.parse(printed.stdout)).toMatchObject({ pod: { uid: 'pod-of-the-environment' }, runs: [{}] });
    expect(readdirSync(dir)).not.toContain('from-env');
  });

  it('says which Node.js it needs where it is run by an older one', async () => {
    const dir = await temporaryFolder();
    const older = join(dir, 'older.cjs');
    await writeFile(older, "Object.defineProperty(process.versions, 'node', { value: '20.20.2' });");
    const ended = await runProgram(['--version'], { NODE_OPTIONS: `--require=${older}` });
    expect(ended).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/needs Node\.js 22 or newer: this is v/),
    });
  });
});
