import type { Logger } from 'pino';
import type { JournalEvent, OnJournalEvent } from '../journal/event.ts';
import { cleanText } from './clean-text.ts';

interface Line {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
}

/** Writes each event of the journal as one line; a good write, of which there are many, only at level `debug`. */
export function logJournal(logger: Logger): OnJournalEvent {
  return (event) => {
    const { level, message } = lineOf(event);
    const { type, ...fields } = event;
    logger[level]({ event: `journal.${type}`, ...fields }, cleanText(message));
  };
}

function lineOf(event: JournalEvent): Line {
  switch (event.type) {
    case 'opened': {
      const interrupted =
        event.interrupted === 0 ? '' : `, ${event.interrupted} of them interrupted by the end of a process`;
      const runs = event.runs === 1 ? '1 run' : `${event.runs} runs`;
      return { level: 'info', message: `the journal ${event.path} has ${runs}${interrupted}` };
    }
    case 'movedAside':
      return {
        level: 'error',
        message: `the journal ${event.from} was moved to ${event.to} as ${event.why}; a new one is begun`,
      };
    case 'removed':
      return { level: 'warn', message: `${event.path} was removed: only the last files moved aside are kept` };
    case 'writeFailed':
      return { level: 'debug', message: `a write of the journal failed: ${event.reason}` };
    case 'degraded':
      return {
        level: 'error',
        message: `the journal is kept in memory only: ${event.reason}; runs go on, and a kill would forget them`,
      };
    case 'recovered':
      return { level: 'info', message: 'the journal is on the disk again, with all that was in memory' };
    case 'written':
      return { level: 'debug', message: `the journal was written: ${event.bytes} bytes` };
  }
}
