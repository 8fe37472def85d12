import type { Writable } from 'node:stream';
import { type DestinationStream, type Logger, type LoggerOptions, pino, stdTimeFunctions } from 'pino';
import { redactSecrets } from './clean-text.ts';

/** What `--log-level` takes, quietest last. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

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
 * The program's logger: JSON on stdout, or lines for people when stdout is a terminal and pino-pretty is installed, which
 * it is not in the image. Never rejects, and no fault of stdout ends the process or holds it up.
 */
export async function createLogger(level: LogLevel, terminal: boolean): Promise<Logger> {
  const pretty = terminal ? await prettyStream() : undefined;
  return pretty === undefined ? stdoutLogger(level, process.stdout) : jsonLogger(level, pretty);
}

/** Not pino's own destination: asynchronous, it never ends a process whose stdout is full; synchronous, it waits for a reader. */
function stdoutLogger(level: LogLevel, stdout: Writable): Logger {
  let dropped = 0;
  const logger = jsonLogger(level, {
    write(line) {
      if (stdout.writableLength < UNREAD_BYTES) stdout.write(line);
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

async function prettyStream(): Promise<DestinationStream | undefined> {
  try {
    const { default: pretty } = await import('pino-pretty');
    return pretty({ sync: true, hideObject: true, translateTime: 'SYS:HH:MM:ss.l' });
  } catch {
    return undefined;
  }
}
