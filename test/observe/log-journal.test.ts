import { expect, it } from 'vitest';
import type { JournalEvent } from '../../src/journal/event.ts';
import { logJournal } from '../../src/observe/log-journal.ts';
import { capturingLogger } from './log-lines.ts';

const path = '/var/lib/hookkeeper/journal.json';

const lines: [JournalEvent, level: string, message: string][] = [
  [{ type: 'opened', path, runs: 3, interrupted: 0 }, 'info', `the journal ${path} has 3 runs`],
  [{ type: 'opened', path, runs: 1, interrupted: 0 }, 'info', `the journal ${path} has 1 run`],
  [
    { type: 'opened', path, runs: 3, interrupted: 1 },
    'info',
    `the journal ${path} has 3 runs, 1 of them interrupted by the end of a process`,
  ],
  [
    { type: 'movedAside', from: path, to: `${path}.torn-1`, why: 'it is torn' },
    'error',
    `the journal ${path} was moved to ${path}.torn-1 as it is torn; a new one is begun`,
  ],
  [
    { type: 'removed', path: `${path}.torn-0` },
    'warn',
    `${path}.torn-0 was removed: only the last files moved aside are kept`,
  ],
  [
    { type: 'degraded', reason: 'ENOSPC' },
    'error',
    'the journal is kept in memory only: ENOSPC; runs go on, and a kill would forget them',
  ],
  [{ type: 'writeFailed', reason: 'ENOSPC' }, 'debug', 'a write of the journal failed: ENOSPC'],
  [{ type: 'recovered' }, 'info', 'the journal is on the disk again, with all that was in memory'],
  [{ type: 'written', bytes: 512, durationMs: 1.2 }, 'debug', 'the journal was written: 512 bytes'],
];

it.each(lines)('the log has one line for the journal event %o', (event, level, message) => {
  const { logger, lines: written } = capturingLogger();
  logJournal(logger)(event);
  const { type, ...fields } = event;
  expect(written).toEqual([{ level, time: expect.any(String), event: `journal.${type}`, ...fields, msg: message }]);
});
