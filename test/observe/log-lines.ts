import { jsonLogger, type LogLevel } from '../../src/observe/logger.ts';

/** A logger, and the lines it has written, as objects. */
export function capturingLogger(level: LogLevel = 'debug') {
  const lines: Record<string, unknown>[] = [];
  const logger = jsonLogger(level, { write: (line) => lines.push(JSON.parse(line)) });
  return { logger, lines };
}
