import { describe, expect, it } from 'vitest';
import { narrate } from '../../src/rehearse/narrate.ts';
import { parseLogLine } from '../../src/rehearse/sidecar-log.ts';

const ABOUT = { run: 'k3-2', hook: 'preStop', container: 'app', task: 'drain' };

const told = (line: object) => {
  const happened = parseLogLine(JSON.stringify({ time: '2026-01-02T03:04:05.678Z', msg: '', ...ABOUT, ...line }));
  return happened === undefined ? 'not understood' : narrate(happened);
};

describe('a line of the log', () => {
  it.each([
    [{ event: 'delivered', served: 'executed' }, 'preStop of app: a new run'],
    [{ event: 'delivered', served: 'joined' }, 'preStop of app: joined, run k3-2'],
    [{ event: 'deadlineMoved' }, 'preStop of app: goes on, with the fresh grace of the new delivery'],
    [{ event: 'taskStarted' }, 'drain: started'],
    [
      { event: 'attemptEnded', attempt: 2, outcome: 'failed', retryInMs: 400, reason: 'connection refused' },
      'drain: attempt 2 failed, again in 400 ms: connection refused',
    ],
    [{ event: 'attemptEnded', attempt: 3, outcome: 'failed', reason: 'connection refused' }, undefined],
    [{ event: 'taskOutput', msg: '[preStop app drain] printed: a: b printed: c' }, 'drain | a: b printed: c'],
    [{ event: 'taskEnded', outcome: 'succeeded', durationMs: 4999.6, reason: null }, 'drain: succeeded after 5 s'],
    [{ event: 'taskEnded', outcome: 'failed', durationMs: 12, reason: 'oh' }, 'drain: failed after 12 ms: oh'],
    [
      { event: 'runEnded', outcome: 'timedOut', durationMs: 35_000, reason: 'x' },
      'preStop of app: timedOut after 35 s: x',
    ],
    [{ event: 'runStarted' }, undefined],
  ])('%j is told as %j', (line, sentence) => {
    expect(told(line)).toBe(sentence);
  });

  it.each(['', 'no JSON', '7', 'null', '{"msg":"no event"}', '{"event":"taskEnded","msg":"x","durationMs":"long"}'])(
    '%j is of no interest',
    (line) => {
      expect(parseLogLine(line)).toBeUndefined();
    },
  );
});
