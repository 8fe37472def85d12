import { describe, expect, it } from 'vitest';
import { COMMANDS, OTHER_VARIABLES } from '../../src/cli/commands.ts';
import { helpText, parseCommandLine } from '../../src/cli/options.ts';
import { SCENARIOS } from '../../src/rehearse/scenarios.ts';

const valuesOf = (args: string[], env: NodeJS.ProcessEnv = {}) => {
  const parsed = parseCommandLine(args, env);
  if (parsed.kind !== 'run') throw new Error(`${parsed.kind}: ${JSON.stringify(parsed)}`);
  return Object.fromEntries([...parsed.values].map(([flag, { text }]) => [flag, text]));
};

describe('the command line', () => {
  it('has defaults that fit a pod', () => {
    expect(valuesOf(['serve'])).toEqual({
      config: '/etc/hookkeeper/hooks.yaml',
      host: '::',
      port: '9740',
      'ops-port': '9741',
      journal: '/var/lib/hookkeeper',
      'log-level': 'info',
      'termination-log': '/dev/termination-log',
    });
  });

  const options = COMMANDS.flatMap((command) =>
    command.options.map((option) => ({ command: command.name, ...option })),
  );

  it.each(options)('$command --$flag can be given as $env, and the flag wins', ({ command, flag, env, value }) => {
    if (value === undefined) {
      expect(valuesOf([command, `--${flag}`])[flag]).toBe('true');
      expect(valuesOf([command], { [env]: 'true' })[flag]).toBe('true');
      expect(parseCommandLine([command], { [env]: '1' })).toMatchObject({
        kind: 'usage',
        problem: `${env} must be true or false: value is 1`,
      });
      return;
    }
    expect(valuesOf([command], { [env]: 'from-env' })[flag]).toBe('from-env');
    expect(valuesOf([command, `--${flag}`, 'from-flag'], { [env]: 'from-env' })[flag]).toBe('from-flag');
    expect(valuesOf([command, `--${flag}=from-flag`])[flag]).toBe('from-flag');
  });

  it.each(['tcp://10.0.0.7:9740', 'udp://10.0.0.7:9740', 'sctp://[fd00::7]:9740'])(
    'passes over %s, which Kubernetes makes of a Service named hookkeeper, and says so',
    (HOOKKEEPER_PORT) => {
      const env = { HOOKKEEPER_PORT, HOOKKEEPER_OPS_PORT: '1' };
      expect(valuesOf(['serve'], env)).toMatchObject({ port: '9740', 'ops-port': '1' });
      expect(valuesOf(['serve', '--port', '2'], env)['port']).toBe('2');
      const parsed = parseCommandLine(['serve'], env);
      expect(parsed.kind === 'run' && parsed.warnings).toEqual([
        `HOOKKEEPER_PORT is passed over, as its value is not a port but the address of a Service: value is ${HOOKKEEPER_PORT}, set enableServiceLinks: false in the pod's spec, or give the port as a flag`,
      ]);
      expect(parseCommandLine(['check'], env)).toMatchObject({ warnings: [] });
    },
  );

  it('knows where each value came from', () => {
    const parsed = parseCommandLine(['serve', '--port', '1'], { HOOKKEEPER_OPS_PORT: '2' });
    expect(parsed.kind === 'run' && [...parsed.values]).toEqual(
      expect.arrayContaining([
        ['port', { text: '1', texts: ['1'], from: '--port', byDefault: false }],
        ['ops-port', { text: '2', texts: ['2'], from: 'HOOKKEEPER_OPS_PORT', byDefault: false }],
        ['host', { text: '::', texts: ['::'], from: 'HOOKKEEPER_HOST', byDefault: true }],
      ]),
    );
  });

  it('takes what stands behind an option of several values for more of them, as a shell writes them for k8s/*.yaml', () => {
    const parsed = parseCommandLine(['check', '--manifest', 'a', 'b', '--output', 'json', '--manifest=c', 'd'], {});
    expect(parsed.kind === 'run' && parsed.values.get('manifest')?.texts).toEqual(['a', 'b', 'c', 'd']);
    const both = parseCommandLine(
      [
        'rehearse',
        '--scenario',
        'stop',
        'short-grace',
        '--report',
        'a.html',
        'b.svg',
        '--grace',
        '1s',
        '--grace',
        '2s',
      ],
      {},
    );
    const texts = (flag: string) => both.kind === 'run' && both.values.get(flag)?.texts;
    expect(texts('scenario')).toEqual(['stop', 'short-grace']);
    expect(texts('report')).toEqual(['a.html', 'b.svg']);
    expect(texts('grace')).toEqual(['2s']);
    expect(parseCommandLine(['check', 'a'], {})).toMatchObject({
      kind: 'usage',
      problem: expect.stringContaining('unexpected argument "a"'),
    });
  });

  it('takes an empty variable for one that is not set, as manifests write them', () => {
    expect(valuesOf(['serve'], { HOOKKEEPER_PORT: '' })['port']).toBe('9740');
  });

  it.each([
    [['srve'], 'unknown command "srve": did you mean serve?'],
    [['helm'], 'unknown command "helm": it is one of serve, check, schema, journal'],
    [['serve', '--prot', '1'], 'unknown option --prot: did you mean --port?'],
    [['serve', '-x'], 'unknown option -x: it is one of --config, --host'],
    [['schema', '--json'], 'unknown option --json: schema has none'],
    [['serve', '--port'], '--port needs a value: --port PORT'],
    [['inject', '--image', ''], '--image needs a value: --image IMAGE'],
    [['serve', 'extra'], 'unexpected argument "extra": did you mean --config extra?'],
    [['inject', 'web.yaml'], 'unexpected argument "web.yaml": did you mean -f web.yaml?'],
    [['schema', 'extra'], 'unexpected argument "extra": remove it'],
  ])('%j is wrong usage, and the problem is named', (args, problem) => {
    const parsed = parseCommandLine(args, {});
    expect(parsed.kind).toBe('usage');
    expect(parsed.kind === 'usage' && parsed.problem).toContain(problem);
  });

  it('names all scenarios of a rehearsal in its help, and for inject no config but the one that is given', () => {
    const help = (name: string) => helpText(COMMANDS.find((command) => command.name === name));
    expect(help('rehearse').replaceAll(/\s+/g, ' ')).toContain(SCENARIOS.join(', '));
    expect(help('inject')).not.toContain('/etc/hookkeeper');
    expect(valuesOf(['inject', '-f', 'web.yaml'])).toEqual({ file: 'web.yaml' });
  });

  it('without arguments asks for nothing', () => {
    expect(parseCommandLine([], {})).toEqual({ kind: 'nothing' });
  });

  it.each([[['--help']], [['-h']], [['help']]])('%j asks for the general help', (args) => {
    expect(parseCommandLine(args, {})).toEqual({ kind: 'help', command: undefined });
  });

  it.each([[['serve', '--help']], [['help', 'serve']], [['serve', '-h']]])('%j asks for the help of serve', (args) => {
    expect(parseCommandLine(args, {})).toMatchObject({ kind: 'help', command: { name: 'serve' } });
  });
});

describe('the help', () => {
  it('names every command, and every variable that is no option', () => {
    const text = helpText(undefined).replaceAll(/ +/g, ' ').replaceAll('\n ', ' ');
    for (const { name, summary } of COMMANDS) expect(text).toContain(`${name} ${summary}`);
    for (const { env } of OTHER_VARIABLES) expect(text).toContain(env);
    expect(text).toContain('Exit codes: 0 fine, 1 failed, 2 wrong usage or config');
  });

  it.each(COMMANDS)('of $name names its options, variables and defaults', (command) => {
    const text = helpText(command).replaceAll(/\s+/g, ' ');
    for (const option of command.options) {
      expect(text).toContain(`--${option.flag}`);
      expect(text).toContain(option.env);
      if (option.default !== undefined) expect(text).toContain(`default ${option.default}`);
    }
  });

  it('fits a terminal of 80 columns', () => {
    const lines = [undefined, ...COMMANDS].flatMap((command) => helpText(command).split('\n'));
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
  });
});
