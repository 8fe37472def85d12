import { systemClock } from '../hooks/clock.ts';
import { createLogger, LOG_LEVELS, type LogLevel } from '../observe/logger.ts';
import { taskTable } from '../tasks/table.ts';
import { check } from './check.ts';
import { journal } from './journal.ts';
import { helpText, parseCommandLine } from './options.ts';
import { schema } from './schema.ts';
import { serve } from './serve.ts';

/** The version of package.json: the build puts it here, and without a build there is none. */
declare const HOOKKEEPER_VERSION: string;
const VERSION = typeof HOOKKEEPER_VERSION === 'undefined' ? 'unbuilt' : HOOKKEEPER_VERSION;

type Values = ReadonlyMap<string, string>;

/** Runs what the command line says; resolves with the exit code: 0 fine, 1 failed, 2 wrong usage or config. */
export async function runCommandLine(args: readonly string[], env: Readonly<NodeJS.ProcessEnv>): Promise<number> {
  const parsed = parseCommandLine(args, env);
  switch (parsed.kind) {
    case 'help':
      process.stdout.write(helpText(parsed.command));
      return 0;
    case 'version':
      process.stdout.write(`${VERSION}\n`);
      return 0;
    case 'usage':
      return usage(parsed.problem);
    case 'run':
      return runCommand(parsed.command.name, parsed.values, env);
  }
}

function usage(problem: string): number {
  process.stderr.write(`hookkeeper: ${problem}\nSee hookkeeper --help\n`);
  return 2;
}

async function runCommand(name: string, values: Values, env: Readonly<NodeJS.ProcessEnv>): Promise<number> {
  const write = (text: string) => void process.stdout.write(text);
  const colour = process.stdout.isTTY === true && !env['NO_COLOR'];
  const file = values.get('config') ?? '';
  const dir = values.get('journal') ?? '';
  switch (name) {
    case 'serve':
      return runServe(values, env);
    case 'check':
      return check({ file, table: taskTable, env, write, colour });
    case 'schema':
      return schema({ table: taskTable, write });
    case 'journal':
      return journal({ dir, json: values.get('json') === 'true', write, colour, now: systemClock.epochMs });
    default:
      return usage(`unknown command ${name}`);
  }
}

async function runServe(values: Values, env: Readonly<NodeJS.ProcessEnv>): Promise<number> {
  const port = portOf(values.get('port'));
  const opsPort = portOf(values.get('ops-port'));
  const level = levelOf(values.get('log-level'));
  if (port === undefined) return usage(`--port must be a number from 0 to 65535: value is ${values.get('port')}`);
  if (opsPort === undefined)
    return usage(`--ops-port must be a number from 0 to 65535: value is ${values.get('ops-port')}`);
  if (level === undefined)
    return usage(`--log-level must be one of ${LOG_LEVELS.join(', ')}: value is ${values.get('log-level')}`);
  return serve({
    configFile: values.get('config') ?? '',
    host: values.get('host') ?? '::',
    port,
    opsPort,
    journalDir: values.get('journal') ?? '',
    podUid: values.get('pod-uid'),
    version: VERSION,
    env,
    logger: await createLogger(level, process.stdout.isTTY === true),
    signals: process,
    instance: Math.random().toString(36).slice(2, 8).padEnd(6, '0'),
  });
}

function portOf(text: string | undefined): number | undefined {
  const port = /^\d{1,5}$/.test(text ?? '') ? Number(text) : undefined;
  return port !== undefined && port <= 65_535 ? port : undefined;
}

function levelOf(text: string | undefined): LogLevel | undefined {
  return LOG_LEVELS.find((level) => level === text);
}
