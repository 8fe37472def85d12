import { parseArgs } from 'node:util';
import { suggest } from '../config/suggest.ts';
import { wrapWords } from '../observe/wrap-words.ts';
import { COMMANDS, type Command, OTHER_VARIABLES } from './commands.ts';
import type { Option } from './option.ts';

/** The value of an option, and what gave it: `--port`, or the name of the variable. */
export interface Given {
  readonly text: string;
  /** All values of an option that may be given several times; else the one. */
  readonly texts: readonly string[];
  readonly from: string;
  /** Whether nobody gave it: it is the default. */
  readonly byDefault: boolean;
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
  /** `command`: the one whose options are wrong, if it is known. */
  | { readonly kind: 'usage'; readonly problem: string; readonly command?: Command };

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
    const known = COMMANDS.map(({ name }) => name);
    return { kind: 'usage', problem: `unknown command ${JSON.stringify(first)}: ${meant(first, known)}` };
  }
  return parseFlags(command, rest, env);
}

/** What to write instead: the nearest of the known words, or all of them. */
function meant(word: string, known: readonly string[]): string {
  const near = suggest(word, known);
  return near === undefined ? `it is one of ${known.join(', ')}` : `did you mean ${near}?`;
}

function parseFlags(command: Command, args: readonly string[], env: Readonly<NodeJS.ProcessEnv>): Parsed {
  const flags = readFlags(command, args);
  if ('problem' in flags) return { kind: 'usage', problem: flags.problem, command };
  if (flags.help) return { kind: 'help', command };
  const values = new Map<string, Given>();
  const warnings: string[] = [];
  for (const option of command.options) {
    const variable = env[option.env];
    const linked = option.value === 'PORT' && SERVICE_LINK.test(variable ?? '');
    if (linked) warnings.push(serviceLink(option.env, variable));
    const given = flags.values.get(option.flag);
    const fromVariable = linked ? undefined : variable || undefined;
    const fallback = fromVariable ?? option.default;
    const texts = given ?? (fallback === undefined ? [] : [fallback]);
    const from = given === undefined ? option.env : `--${option.flag}`;
    const text = texts.at(-1);
    if (text === undefined) continue;
    if (given?.includes('')) return { kind: 'usage', problem: needsValue(option), command };
    if (option.value === undefined && !/^(?:true|false)$/.test(text))
      return { kind: 'usage', problem: `${from} must be true or false: value is ${text}`, command };
    values.set(option.flag, { text, texts, from, byDefault: given === undefined && fromVariable === undefined });
  }
  return { kind: 'run', command, values, warnings };
}

type Flags =
  | { readonly help: boolean; readonly values: ReadonlyMap<string, readonly string[]> }
  | { readonly problem: string };

/** Reads the flags. What stands behind them without a dash belongs to the last option before it that takes several values. */
function readFlags(command: Command, args: readonly string[]): Flags {
  const flags = Object.fromEntries(
    command.options.map(({ flag, short, value, many = false }) => {
      const type = value === undefined ? 'boolean' : 'string';
      return [flag, { type, multiple: many, ...(short === undefined ? {} : { short }) } as const];
    }),
  );
  try {
    const { tokens } = parseArgs({
      args: [...args],
      options: { ...flags, help: { type: 'boolean', short: 'h' } },
      allowPositionals: true,
      tokens: true,
    });
    const named = tokens.flatMap((token) => (token.kind === 'option' ? [token] : []));
    const takesMany = (name: string) => command.options.some((option) => option.flag === name && option.many);
    const takers = named.filter(({ name }) => takesMany(name));
    const values = new Map<string, readonly string[]>();
    const add = (name: string, text: string) =>
      values.set(name, [...(takesMany(name) ? (values.get(name) ?? []) : []), text]);
    for (const token of tokens) {
      if (token.kind === 'option') add(token.name, token.value ?? 'true');
      if (token.kind !== 'positional') continue;
      const taker = takers.findLast(({ index }) => index < token.index) ?? takers[0];
      if (taker === undefined) return { problem: unexpected(token.value, command) };
      add(taker.name, token.value);
    }
    return { help: values.delete('help'), values };
  } catch (error) {
    return { problem: wrongFlag(error instanceof Error ? error.message : String(error), command) };
  }
}

/** The parser's own words, with what was meant. */
function wrongFlag(message: string, { name, options }: Command): string {
  const [, unknown] = /^Unknown option '(--?[^']*)'/.exec(message) ?? [];
  if (unknown !== undefined) {
    const flags = options.map(({ flag }) => `--${flag}`);
    return flags.length === 0
      ? `unknown option ${unknown}: ${name} has none`
      : `unknown option ${unknown}: ${meant(unknown, flags)}`;
  }
  const [, lacking] = /^Option '(?:-\w, )?--(\S+) <value>' argument missing/.exec(message) ?? [];
  const bare = options.find(({ flag }) => flag === lacking);
  return bare === undefined ? message : needsValue(bare);
}

function needsValue({ flag, value }: Option): string {
  return `--${flag} needs a value: --${flag} ${value}`;
}

function unexpected(word: string, { options }: Command): string {
  const file = options.find(({ value }) => value?.startsWith('FILE'));
  const flag = file?.short === undefined ? `--${file?.flag}` : `-${file.short}`;
  return `unexpected argument ${JSON.stringify(word)}: ${file === undefined ? 'remove it' : `did you mean ${flag} ${word}?`}`;
}

/** What Kubernetes puts into NAME_PORT of every pod of a namespace that has a Service NAME. */
const SERVICE_LINK = /^(?:tcp|udp|sctp):\/\//;

function serviceLink(name: string, value: string | undefined): string {
  const remedy = "set enableServiceLinks: false in the pod's spec, or give the port as a flag";
  return `${name} is passed over, as its value is not a port but the address of a Service: value is ${value}, ${remedy}`;
}

/** A window that everybody has. */
const HELP_COLUMNS = 80;

/** Where the words stand that explain an option. */
const OPTION_WIDTH = 26;

/** The text of `--help`, for all commands or for one. */
export function helpText(command: Command | undefined): string {
  const lines = command === undefined ? generalHelp() : commandHelp(command);
  return `${lines.join('\n')}\n`;
}

function generalHelp(): string[] {
  return [
    'Usage: hookkeeper COMMAND [OPTIONS]',
    '',
    ...wrapWords('Turns the postStart and preStop hooks of a Kubernetes pod into managed runs of tasks.', HELP_COLUMNS),
    '',
    'Commands:',
    ...COMMANDS.flatMap(({ name, summary }) => explained(`  ${name}`, 12, [summary])),
    '',
    'Environment, beside the variable of each option:',
    ...OTHER_VARIABLES.flatMap(({ env, help }) => explained(`  ${env}`, 30, [help])),
    '',
    'Options: --help (also after a command), --version',
    'Exit codes: 0 fine, 1 failed, 2 wrong usage or config',
  ];
}

function commandHelp({ name, summary, options }: Command): string[] {
  const rows = options.flatMap((option) => {
    const short = option.short === undefined ? '' : `-${option.short}, `;
    const left = `  ${short}--${option.flag}${option.value === undefined ? '' : ` ${option.value}`}`;
    const fallback = option.default === undefined ? '' : `, default ${option.default}`;
    return explained(left, OPTION_WIDTH, [option.help, `(${option.env}${fallback})`]);
  });
  const usage = `Usage: hookkeeper ${name}${options.length > 0 ? ' [OPTIONS]' : ''}`;
  return [
    usage,
    '',
    ...wrapWords(`${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`, HELP_COLUMNS),
    ...(rows.length > 0 ? ['', ...rows] : []),
  ];
}

/** A word, and beside it, from `width` on, the sentences that explain it, each on lines of its own. */
function explained(word: string, width: number, sentences: readonly string[]): string[] {
  const lines = sentences.flatMap((sentence) => wrapWords(sentence, HELP_COLUMNS - width));
  return lines.map((line, index) => (index === 0 ? word : '').padEnd(width) + line);
}
