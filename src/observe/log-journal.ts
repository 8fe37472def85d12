import type { Logger } from 'pino';
import type { JournalEvent, OnJournalEvent } from '../journal/event.ts';
import { cleanText } from './clean-text.ts';

interface Line {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
}

/** Writes each event of the journal as one line; a good write, of which there are many, only at level `debug`. */
export function logJournalEvents(logger: Logger): OnJournalEvent {
  return (event) => {
    const { level, message } = lineOf(event);
    const { type, ...fields } = event;
    logger[level]({ event: `journal.${type}`, ...fields }, cleanText(`journal: ${message}`));
  };
}

function lineOf(event: JournalEvent): Line {
  switch (event.type) {
    case 'opened': {
      const interrupted = event.interrupted === 0 ? '' : `, ${event.interrupted} of them interrupted`;
      return { level: 'info', message: `${event.path} is open with ${event.runs} runs${interrupted}` };
    }
    case 'movedAside':
      return { level: 'warn', message: `${event.from} was moved aside to ${event.to}: ${event.why}` };
    case 'removed':
      return { level: 'warn', message: `${event.path} was removed, the oldest of too many files moved aside` };
    case 'degraded':
      return { level: 'error', message: `kept in memory only, a restart forgets it: ${event.reason}` };
    case 'recovered':
      return { level: 'info', message: 'on the disk again' };
    case 'written':
      return { level: 'debug', message: `${event.bytes} bytes written in ${Math.round(event.durationMs)} ms` };
  }
}
