import { parseArgs } from 'node:util';

/** An option of a command. Every one has an environment variable; a flag wins over it. */
export interface Option {
  readonly flag: string;
  readonly env: string;
  /** What stands for its value in the help; undefined for a switch. */
  readonly value: string | undefined;
  /** As a user would write it; undefined: none. */
  readonly default: string | undefined;
  readonly help: string;
}

/** A command, as `--help` tells it. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly Option[];
}

const CONFIG: Option = {
  flag: 'config',
  env: 'HOOKKEEPER_CONFIG',
  value: 'FILE',
  default: '/etc/hookkeeper/hooks.yaml',
  help: 'the config file',
};
const JOURNAL: Option = {
  flag: 'journal',
  env: 'HOOKKEEPER_JOURNAL',
  value: 'DIR',
  default: '/var/lib/hookkeeper',
  help: 'the folder of the journal; it should outlive the container',
};

/** All commands, in the order of the help. */
export const COMMANDS: readonly Command[] = [
  {
    name: 'serve',
    summary: 'serve the hooks of this pod',
    options: [
      CONFIG,
      {
        flag: 'host',
        env: 'HOOKKEEPER_HOST',
        value: 'ADDRESS',
        default: '::',
        help: 'where both ports listen; the kubelet calls the pod IP, so not loopback',
      },
      { flag: 'port', env: 'HOOKKEEPER_PORT', value: 'PORT', default: '9740', help: 'the port of the hooks' },
      {
        flag: 'ops-port',
        env: 'HOOKKEEPER_OPS_PORT',
        value: 'PORT',
        default: '9741',
        help: 'the port of /livez, /readyz, /metrics and /status',
      },
      JOURNAL,
      {
        flag: 'pod-uid',
        env: 'HOOKKEEPER_POD_UID',
        value: 'UID',
        default: undefined,
        help: "the pod's UID, from the Downward API: a journal of another pod is archived",
      },
      {
        flag: 'log-level',
        env: 'HOOKKEEPER_LOG_LEVEL',
        value: 'LEVEL',
        default: 'info',
        help: 'trace, debug, info, warn, error or fatal',
      },
    ],
  },
  { name: 'check', summary: 'check a config file and print the plan of each hook', options: [CONFIG] },
  { name: 'schema', summary: 'print the JSON Schema of the config file', options: [] },
  {
    name: 'journal',
    summary: 'print the journal',
    options: [
      JOURNAL,
      { flag: 'json', env: 'HOOKKEEPER_JOURNAL_JSON', value: undefined, default: undefined, help: 'print it as JSON' },
    ],
  },
];

/** Environment variables that are no option of a command, with what they do. */
export const OTHER_VARIABLES: readonly { readonly env: string; readonly help: string }[] = [
  { env: 'HOOKKEEPER_GRACE_PERIOD', help: "the pod's grace period, over the config's: 45s, or a number of seconds" },
  { env: 'HOOKKEEPER_GRACE_RESERVE', help: "the reserve, over the config's: 10s" },
  { env: 'NO_COLOR', help: 'no colours, also on a terminal' },
];

export type Parsed =
  | { readonly kind: 'help'; readonly command: Command | undefined }
  | { readonly kind: 'version' }
  | { readonly kind: 'run'; readonly command: Command; readonly values: ReadonlyMap<string, string> }
  | { readonly kind: 'usage'; readonly problem: string };

/** Reads the command line and the environment. `values` has a flag's value by its name, `true` for a switch; never throws. */
export function parseCommandLine(args: readonly string[], env: Readonly<NodeJS.ProcessEnv>): Parsed {
  const [first, ...rest] = args;
  if (first === undefined || first === '--help' || first === '-h' || first === 'help') {
    return { kind: 'help', command: COMMANDS.find(({ name }) => name === rest[0]) };
  }
  if (first === '--version' || first === '-V') return { kind: 'version' };
  const command = COMMANDS.find(({ name }) => name === first);
  if (command === undefined) {
    const known = COMMANDS.map(({ name }) => name).join(', ');
    return { kind: 'usage', problem: `unknown command ${JSON.stringify(first)}: it is one of ${known}` };
  }
  return parseFlags(command, rest, env);
}

function parseFlags(command: Command, args: readonly string[], env: Readonly<NodeJS.ProcessEnv>): Parsed {
  const flags = Object.fromEntries(
    command.options.map(({ flag, value }) => [flag, { type: value === undefined ? 'boolean' : 'string' } as const]),
  );
  let given: Record<string, unknown>;
  try {
    given = parseArgs({
      args: [...args],
      options: { ...flags, help: { type: 'boolean', short: 'h' } },
      allowPositionals: false,
    }).values;
  } catch (error) {
    return { kind: 'usage', problem: error instanceof Error ? error.message : String(error) };
  }
  if (given['help'] === true) return { kind: 'help', command };
  const values = new Map<string, string>();
  for (const option of command.options) {
    const flag = given[option.flag];
    const fromFlag = typeof flag === 'boolean' ? String(flag) : flag;
    const value = typeof fromFlag === 'string' ? fromFlag : env[option.env] || option.default;
    if (option.value === undefined && value !== undefined && !/^(?:true|false)$/.test(value))
      return { kind: 'usage', problem: `${option.env} must be true or false: value is ${value}` };
    if (value !== undefined) values.set(option.flag, value);
  }
  return { kind: 'run', command, values };
}

/** The text of `--help`, for all commands or for one. */
export function helpText(command: Command | undefined): string {
  const lines = command === undefined ? generalHelp() : commandHelp(command);
  return `${lines.join('\n')}\n`;
}

function generalHelp(): string[] {
  return [
    'Usage: hookkeeper COMMAND [OPTIONS]',
    '',
    'Turns the postStart and preStop hooks of a Kubernetes pod into managed runs of tasks.',
    '',
    'Commands:',
    ...COMMANDS.map(({ name, summary }) => `  ${name.padEnd(10)}${summary}`),
    '',
    'Environment, beside the variable of each option:',
    ...OTHER_VARIABLES.map(({ env, help }) => `  ${env.padEnd(26)}${help}`),
    '',
    'Options: --help (also after a command), --version',
    'Exit codes: 0 fine, 1 failed, 2 wrong usage or config',
  ];
}

function commandHelp({ name, summary, options }: Command): string[] {
  const rows = options.map((option) => {
    const left = `  --${option.flag}${option.value === undefined ? '' : ` ${option.value}`}`;
    const fallback = option.default === undefined ? '' : `, default ${option.default}`;
    return `${left.padEnd(22)}${option.help}\n${' '.repeat(22)}(${option.env}${fallback})`;
  });
  const usage = `Usage: hookkeeper ${name}${options.length > 0 ? ' [OPTIONS]' : ''}`;
  return [
    usage,
    '',
    `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`,
    ...(rows.length > 0 ? ['', ...rows] : []),
  ];
}
