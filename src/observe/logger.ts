import type { Writable } from 'node:stream';
import { type DestinationStream, type Logger, type LoggerOptions, pino, stdTimeFunctions } from 'pino';
import { redactSecrets } from './clean-text.ts';

/** What `--log-level` takes, quietest last. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What `--log-format` takes. */
export const LOG_FORMATS = ['json', 'pretty'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

/**
 * How much is kept for a stdout that nobody reads, in bytes; what comes beyond is dropped, counted and said. Writing
 * never waits: a container runtime that stopped reading must not hold up a hook (P5, P7, P9).
 */
const UNREAD_BYTES = 4 * 1024 * 1024;

/** Nothing here logs headers, but pino-http would (T16); this holds should somebody pass a request as it is. */
const SECRET_KEYS = ['authorization', 'cookie', 'token'];
const SECRET_PATHS = ['', '*.', '*.headers.'].flatMap((parent) => SECRET_KEYS.map((key) => parent + key));

/** A logger that writes JSON lines: `level` as a word, `time` in ISO 8601, `msg`, and the line's own fields. */
export function jsonLogger(level: LogLevel, stream: DestinationStream): Logger {
  const options: LoggerOptions = {
    level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: SECRET_PATHS, censor: '[redacted]' },
    serializers: { err: errorFields },
  };
  return pino(options, stream);
}

/** An error's own properties are left out: they hold whatever was at hand, options and URLs with their secrets. */
function errorFields(error: unknown): { type: string; message: string; stack?: string } {
  if (!(error instanceof Error)) return { type: typeof error, message: redactSecrets(String(error)) };
  const fields = { type: error.name, message: redactSecrets(error.message) };
  return error.stack === undefined ? fields : { ...fields, stack: redactSecrets(error.stack) };
}

/**
 * The program's logger, on stdout: JSON lines, or lines for people where pino-pretty can be loaded. Never rejects, and no fault
 * of stdout ends the process or holds it up.
 */
export async function createLogger(
  level: LogLevel,
  format: LogFormat,
  { colour }: { readonly colour: boolean },
): Promise<Logger> {
  if (format === 'json') return stdoutLogger(level, process.stdout, (line) => line);
  const pretty = await prettyLine(colour);
  const logger = stdoutLogger(level, process.stdout, pretty ?? ((line) => line));
  if (pretty === undefined) logger.warn('the log is JSON: what makes it pretty, pino-pretty, is not installed');
  return logger;
}

/** Not pino's own destination: asynchronous, it never ends a process whose stdout is full; synchronous, it waits for a reader. */
function stdoutLogger(level: LogLevel, stdout: Writable, shown: (line: string) => string): Logger {
  let dropped = 0;
  const logger = jsonLogger(level, {
    write(line) {
      if (stdout.writableLength < UNREAD_BYTES) stdout.write(shown(line));
      else dropped += 1;
    },
  });
  stdout.on('drain', () => {
    if (dropped === 0) return;
    const lines = dropped;
    dropped = 0;
    logger.warn({ lines }, `${lines} log lines were dropped, as stdout was not read`);
  });
  // A reader that is gone, or a full disk: there is nowhere left to complain.
  stdout.on('error', () => {});
  return logger;
}

/** Makes a line for people of one of JSON. */
async function prettyLine(colorize: boolean): Promise<((line: string) => string) | undefined> {
  try {
    const { prettyFactory } = await import('pino-pretty');
    // pino-pretty takes a `caller` for a place in the code.
    const ignore = 'pid,hostname,caller';
    const pretty = prettyFactory({ colorize, ignore, hideObject: true, translateTime: 'SYS:HH:MM:ss.l' });
    return (line) => String(pretty(line));
  } catch {
    return undefined;
  }
}
