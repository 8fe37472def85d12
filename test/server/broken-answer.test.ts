import { once } from 'node:events';
import { createServer, type Server, Socket } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Clock } from '../../src/hooks/clock.ts';
import { breakConnection, brokenAnswer, failureSentence, refusalSentence } from '../../src/server/broken-answer.ts';
import { dial, received } from './hook-port.ts';

describe('the broken answer', () => {
  it.each([
    ['a colon', 'task a: connect ECONNREFUSED 127.0.0.1:8080', 'task a, connect ECONNREFUSED 127.0.0.1 8080'],
    ['colons of IPv6', 'no answer from [::1]:8080', 'no answer from [ 1] 8080'],
    ['line ends', 'one\r\ntwo\nthree', 'one two three'],
    ['control characters', 'a\u0000b\u001b[31mc\u0007', 'a b [31mc'],
    ['other alphabets', 'läuft nicht 🙈', 'l?uft nicht ?'],
    ['quotes, which Go would escape', 'said "no" in C:\\temp', "said 'no' in C 'temp"],
    ['space at its ends', '  late  ', 'late'],
  ])('has no %s', (_what, sentence, shown) => {
    expect(brokenAnswer(sentence)).toBe(`HTTP/1.1 200 OK\r\n${shown}\r\n\r\n`);
  });

  it('has a sentence of at most 300 characters', () => {
    const sentence = brokenAnswer(`hookkeeper ${'because '.repeat(100)}`).split('\r\n')[1];
    expect(sentence).toHaveLength(300);
    expect(sentence).toMatch(/^hookkeeper because .*\.\.\.$/);
  });

  it('holds no secret that a reason quotes', () => {
    expect(brokenAnswer('task a: http://bob:s3cret@host/x?token=s3cret did not answer')).toBe(
      'HTTP/1.1 200 OK\r\ntask a, http //[redacted]@host/x?[redacted] did not answer\r\n\r\n',
    );
  });

  it('is one line of printable ASCII without a colon, whatever the sentence is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 1000 }), (text) => {
        expect(brokenAnswer(`hookkeeper ${text}`)).toMatch(
          /^HTTP\/1\.1 200 OK\r\nhookkeeper[\x20-\x39\x3b-\x7e]{0,290}\r\n\r\n$/,
        );
      }),
    );
  });

  it('says why a run failed, also where the record does not know', () => {
    const run = { id: 'k3-7', hook: 'postStart', outcome: 'failed', reason: 'task warm-cache exited with 3' } as const;
    expect(failureSentence(run)).toBe(
      'hookkeeper postStart failed (run k3-7 in its log) - task warm-cache exited with 3',
    );
    expect(failureSentence({ ...run, hook: 'preStop', outcome: 'timedOut', reason: null })).toBe(
      'hookkeeper preStop timed out (run k3-7 in its log) - for no reason that it knows',
    );
  });

  it('says why a request was refused and what to do', () => {
    expect(refusalSentence({ reason: 'the path /x is unknown', remedy: 'use /prestop' })).toBe(
      'hookkeeper refused the delivery as the path /x is unknown, use /prestop',
    );
  });
});

/** A clock whose one timer goes off when the test says so. */
function handClock() {
  let pending: (() => void) | undefined;
  const clock: Clock = {
    epochMs: () => 0,
    monotonicMs: () => 0,
    after(_ms, wake) {
      pending = wake;
      return () => {
        pending = undefined;
      };
    },
  };
  return { clock, ring: () => pending?.(), isPending: () => pending !== undefined };
}

async function pair(): Promise<{ server: Server; ours: Socket; theirs: Socket }> {
  const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const accepted = once(server, 'connection');
  const theirs = await dial(address.port);
  const [ours] = await accepted;
  if (!(ours instanceof Socket)) throw new Error('no socket');
  return { server, ours, theirs };
}

describe('breaking a connection', () => {
  it('takes what the caller still sends, and leaves no timer behind when it closes', async () => {
    const { server, ours, theirs } = await pair();
    const { clock, isPending } = handClock();
    const answer = received(theirs);
    theirs.write('what nobody asked for'.repeat(10_000));
    breakConnection(ours, 'hookkeeper says no', clock);
    expect(isPending()).toBe(true);
    expect(await answer).toBe('HTTP/1.1 200 OK\r\nhookkeeper says no\r\n\r\n');
    if (!ours.closed) await once(ours, 'close');
    expect(isPending()).toBe(false);
    server.close();
  });

  it('does not wait for a caller that reads and never closes', async () => {
    const { server, ours, theirs } = await pair();
    theirs.allowHalfOpen = true;
    const { clock, ring } = handClock();
    breakConnection(ours, 'hookkeeper says no', clock);
    theirs.resume();
    await once(theirs, 'end');
    expect(ours.destroyed).toBe(false);
    ring();
    expect(ours.destroyed).toBe(true);
    theirs.destroy();
    server.close();
  });

  it('does nothing where the caller is gone', async () => {
    const { server, ours, theirs } = await pair();
    const { clock, isPending } = handClock();
    ours.destroy();
    breakConnection(ours, 'hookkeeper says no', clock);
    expect(isPending()).toBe(false);
    theirs.destroy();
    server.close();
  });
});
