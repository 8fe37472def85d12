import { describe, expect, it } from 'vitest';
import { withoutTerminalSequences } from '../../src/hooks/terminal-sequences.ts';

describe('a text without terminal sequences', () => {
  it.each([
    ['a colour', '\u001b[1;31mred\u001b[0m alert', 'red alert'],
    ['a colour in its newer form', '\u001b[38:2::255:0:0mred', 'red'],
    ['what moves the cursor', 'a\u001b[2Kb\u001b[?25lc\u001b[10;20Hd', 'abcd'],
    ['a title', '\u001b]0;owned\u0007done', 'done'],
    ['a link', '\u001b]8;;http://host/\u001b\\here\u001b]8;;\u001b\\', 'here'],
    ['a string for the terminal itself', '\u001bP1$r0m\u001b\\done', 'done'],
    ['another alphabet', '\u001b(0lqk\u001b(B', 'lqk'],
    ['a reset', '\u001bcdone', 'done'],
  ])('has lost %s', (_what, text, left) => {
    expect(withoutTerminalSequences(text)).toBe(left);
  });

  it('keeps the text of a title that has no end, and single control characters', () => {
    expect(withoutTerminalSequences('\u001b]0;title')).toBe('0;title');
    expect(withoutTerminalSequences('a\u001b\rb\u0007')).toBe('a\u001b\rb\u0007');
  });

  it.each(['\u001b];', '\u001b[1;', '\u001b[', '\u001bP', '\u001b(', '\u001b'])(
    'takes no longer for many %j than for their length',
    (part) => {
      const startedUs = process.cpuUsage().user;
      withoutTerminalSequences(part.repeat(100_000));
      // One pass takes some milliseconds. With a look at all of the rest for each of them, it would be ten seconds and more.
      expect(process.cpuUsage().user - startedUs).toBeLessThan(2_000_000);
    },
  );
});
