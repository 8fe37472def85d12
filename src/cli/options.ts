import { parseArgs } from 'node:util';
import { COMMANDS, type Command, OTHER_VARIABLES } from './commands.ts';

/** The value of an option, and what gave it: `--port`, or the name of the variable. */
export interface Given {
  readonly text: string;
  readonly from: string;
}

export type Parsed =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'help'; readonly command: Command | undefined }
  | { readonly kind: 'version' }
  | {
      readonly kind: 'run';
      readonly command: Command;
      /** By the option's name; `true` for a switch. */
      readonly values: ReadonlyMap<string, Given>;
      /** What was passed over, and why. */
      readonly warnings: readonly string[];
    }
  | { readonly kind: 'usage'; readonly problem: string };

/** Reads the command line and the environment. Never throws. */
export function parseCommandLine(args: readonly string[], env: Readonly<NodeJS.ProcessEnv>): Parsed {
  const [first, ...rest] = args;
  if (first === undefined) return { kind: 'nothing' };
  if (first === '--help' || first === '-h' || first === 'help') {
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
  const values = new Map<string, Given>();
  const warnings: string[] = [];
  for (const option of command.options) {
    const variable = env[option.env];
    const linked = option.value === 'PORT' && SERVICE_LINK.test(variable ?? '');
    if (linked) warnings.push(serviceLink(option.env, variable));
    const flag = given[option.flag];
    const fromFlag = typeof flag === 'boolean' ? String(flag) : flag;
    const [value, from] =
      typeof fromFlag === 'string'
        ? [fromFlag, `--${option.flag}`]
        : [(linked ? undefined : variable) || option.default, option.env];
    if (value === undefined) continue;
    if (option.value === undefined && !/^(?:true|false)$/.test(value))
      return { kind: 'usage', problem: `${from} must be true or false: value is ${value}` };
    values.set(option.flag, { text: value, from });
  }
  return { kind: 'run', command, values, warnings };
}

/** What Kubernetes puts into NAME_PORT of every pod of a namespace that has a Service NAME. */
const SERVICE_LINK = /^(?:tcp|udp|sctp):\/\//;

function serviceLink(name: string, value: string | undefined): string {
  const remedy = "set enableServiceLinks: false in the pod's spec, or give the port as a flag";
  return `${name} is passed over, as its value is not a port but the address of a Service: value is ${value}, ${remedy}`;
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
    ...OTHER_VARIABLES.map(({ env, help }) => `  ${env.padEnd(28)}${help}`),
    '',
    'Options: --help (also after a command), --version',
    'Exit codes: 0 fine, 1 failed, 2 wrong usage or config',
  ];
}

function commandHelp({ name, summary, options }: Command): string[] {
  const rows = options.map((option) => {
    const left = `  --${option.flag}${option.value === undefined ? '' : ` ${option.value}`}`;
    const fallback = option.default === undefined ? '' : `, default ${option.default}`;
    return `${left.padEnd(26)}${option.help}\n${' '.repeat(26)}(${option.env}${fallback})`;
  });
  const usage = `Usage: hookkeeper ${name}${options.length > 0 ? ' [OPTIONS]' : ''}`;
  return [
    usage,
    '',
    `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`,
    ...(rows.length > 0 ? ['', ...rows] : []),
  ];
}
