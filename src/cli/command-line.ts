import { createLogger, LOG_FORMATS, LOG_LEVELS, type LogLevel } from '../observe/logger.ts';
import { type Given, helpText, parseCommandLine } from './options.ts';
import { outputSize } from './output-size.ts';
import { PORT_RULE, portOf } from './port-option.ts';
import { serve } from './serve.ts';

/** The version of package.json: the build puts it here, and without a build there is none. */
declare const HOOKKEEPER_VERSION: string;
const VERSION = typeof HOOKKEEPER_VERSION === 'undefined' ? 'unbuilt' : HOOKKEEPER_VERSION;

type Values = ReadonlyMap<string, Given>;

/** Runs what the command line says; resolves with the exit code: 0 fine, 1 failed, 2 wrong usage or config. */
export async function runCommandLine(args: readonly string[], env: Readonly<NodeJS.ProcessEnv>): Promise<number> {
  let fault: NodeJS.ErrnoException | undefined;
  process.stdout.on('error', (error) => {
    fault ??= error;
  });
  process.stderr.on('error', () => {});
  const parsed = parseCommandLine(args, env);
  const code = await run(parsed, env);
  // The log is nothing that the service lives for.
  if (parsed.kind === 'run' && parsed.command.name === 'serve') return code;
  // A pipe takes 64 KiB: whoever reads slowly, as `kubectl apply -f -` does, gets the rest before the process ends.
  await Promise.all([process.stdout, process.stderr].map(written));
  if (code !== 0) return code;
  // A write's fault is told a moment after it.
  await new Promise((resolve) => setImmediate(resolve));
  // A reader that has seen enough, such as `head`, is no fault; what a full disk cut short must not pass for whole.
  if (fault === undefined || fault.code === 'EPIPE') return code;
  process.stderr.write(`hookkeeper: cannot write the whole output: ${fault.message}\n`);
  return 1;
}

/** Resolves when all that was written was taken, or can't be any more. */
function written(stream: NodeJS.WritableStream): Promise<void> {
  return new Promise((resolve) => stream.write('', () => resolve()));
}

async function run(parsed: ReturnType<typeof parseCommandLine>, env: Readonly<NodeJS.ProcessEnv>): Promise<number> {
  switch (parsed.kind) {
    case 'nothing':
      process.stderr.write(helpText(undefined));
      return 2;
    case 'help':
      process.stdout.write(helpText(parsed.command));
      return 0;
    case 'version':
      process.stdout.write(`${VERSION}\n`);
      return 0;
    case 'usage':
      return usage(parsed.problem, parsed.command?.name);
    case 'run':
      for (const warning of parsed.warnings) process.stderr.write(`hookkeeper: ${warning}\n`);
      return runCommand(parsed.command.name, parsed.values, env);
  }
}

function usage(problem: string, command?: string): number {
  process.stderr.write(`hookkeeper: ${problem}\nSee hookkeeper ${command === undefined ? '' : `${command} `}--help\n`);
  return 2;
}

async function runCommand(name: string, values: Values, env: Readonly<NodeJS.ProcessEnv>): Promise<number> {
  if (name === 'serve') return runServe(values, env);
  const { runTool } = await import('./tools.ts');
  return runTool(name, {
    values,
    env,
    write: (text) => void process.stdout.write(text),
    tell: (text) => void process.stderr.write(text),
    version: VERSION,
    terminal: process.stdout.isTTY === true,
    colour: process.stdout.isTTY === true && !env['NO_COLOR'],
    columns: outputSize(process.stdout).columns,
    usage: (problem) => usage(problem, name),
  });
}

async function runServe(values: Values, env: Readonly<NodeJS.ProcessEnv>): Promise<number> {
  const text = (name: string) => values.get(name)?.text;
  const wrong = (name: string, rule: string) =>
    usage(`${values.get(name)?.from} ${rule}: value is ${text(name)}`, 'serve');
  const port = portOf(text('port'));
  const opsPort = portOf(text('ops-port'));
  const level = levelOf(text('log-level'));
  const terminal = process.stdout.isTTY === true;
  const format = LOG_FORMATS.find((each) => each === (text('log-format') ?? (terminal ? 'pretty' : 'json')));
  if (port === undefined) return wrong('port', PORT_RULE);
  if (opsPort === undefined) return wrong('ops-port', PORT_RULE);
  if (opsPort === port && port !== 0) return wrong('ops-port', `must be another port than ${values.get('port')?.from}`);
  if (level === undefined) return wrong('log-level', `must be one of ${LOG_LEVELS.join(', ')}`);
  if (format === undefined) return wrong('log-format', `must be one of ${LOG_FORMATS.join(', ')}`);
  return serve({
    configFile: text('config') ?? '',
    host: text('host') ?? '::',
    port,
    opsPort,
    journalDir: text('journal') ?? '',
    podUid: text('pod-uid'),
    terminationLog: text('termination-log') ?? '',
    version: VERSION,
    env,
    logger: await createLogger(level, format, { colour: terminal && !env['NO_COLOR'] }),
    signals: process,
    terminal: process.stdout.isTTY === true,
    instance: Math.random().toString(36).slice(2, 8).padEnd(6, '0'),
  });
}

function levelOf(text: string | undefined): LogLevel | undefined {
  return LOG_LEVELS.find((level) => level === text?.toLowerCase());
}
