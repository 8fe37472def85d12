import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanText, redactSecrets } from '../../src/observe/clean-text.ts';

describe('redaction', () => {
  it.each([
    ['http://bob:pw@host/x', 'http://[redacted]@host/x'],
    ['http://bob:p@w@host/x', 'http://[redacted]@host/x'],
    ['redis://:pw@cache:6379', 'redis://[redacted]@cache:6379'],
    ['https://host/x?key=v&sig=abc#part', 'https://host/x?[redacted]#part'],
    ['amqp://u:p@a,amqp://u:q@b', 'amqp://[redacted]@a,amqp://[redacted]@b'],
    ['GET https://a/?k=v and https://b/?k=v', 'GET https://a/?[redacted] and https://b/?[redacted]'],
    ['/prestop/app?token=abc&x=1', '/prestop/app?token=[redacted]&x=1'],
    ['/prestop/app%3Ftoken=abc', '/prestop/app%3Ftoken=[redacted]'],
    ['/prestop/app%3ftoken%3Dabc', '/prestop/app%3ftoken%3D[redacted]'],
    ['/prestop/app;token=abc', '/prestop/app;token=[redacted]'],
    ['> Authorization: Basic Ym9i', '> Authorization: [redacted]'],
    ['{"authorization": "Bearer abc"}', '{"authorization": [redacted]'],
    ['Set-Cookie: id=1; Path=/', 'Set-Cookie: [redacted]'],
    ['sent Bearer eyJhbGciOi.J9 and waited', 'sent Bearer [redacted] and waited'],
  ])('of %s is %s', (text, shown) => {
    expect(redactSecrets(text)).toBe(shown);
  });

  it.each(['a://', 'a://x@', 'a.', 'bearer x', '?token=', 'cookie'])(
    'takes no longer for many %s than for their length',
    (part) => {
      const startedUs = process.cpuUsage().user;
      redactSecrets(part.repeat(20_000));
      // One pass takes some milliseconds. With a look at all of the rest for each of them, it would be ten seconds and more.
      expect(process.cpuUsage().user - startedUs).toBeLessThan(2_000_000);
    },
  );
});

describe('a text in the log', () => {
  it.each([
    ['colours', '\u001b[31mred\u001b[0m alert', 'red alert'],
    ['terminal titles', '\u001b]0;owned\u0007done', 'done'],
    ['line ends that would forge a line', 'one\r\n{"level":"info"}', 'one {"level":"info"}'],
    ['other control characters', 'a\u0000\u0008b\u0085c', 'a b c'],
    ['Unicode line ends', 'a\u2028b\u2029c', 'a b c'],
    ['marks that turn the direction', 'abc\u202edef\u2066', 'abc def'],
  ])('has no %s', (_what, text, shown) => {
    expect(cleanText(text)).toBe(shown);
  });

  it('keeps its indentation and other alphabets', () => {
    expect(cleanText('    läuft 走れ 🙈')).toBe('    läuft 走れ 🙈');
  });

  it('is cut at 4096 characters', () => {
    expect(cleanText('x'.repeat(5000))).toBe(`${'x'.repeat(4096)}…`);
    expect(cleanText('x'.repeat(4096))).toBe('x'.repeat(4096));
  });

  it('is one short line without control characters, whatever the text is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 9000, size: 'max' }), (text) => {
        const shown = cleanText(text);
        expect(shown).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
        expect(shown.length).toBeLessThanOrEqual(4097);
      }),
    );
  });
});
