import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { endOf, startOf } from '../../src/journal/cut-text.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 60 });
const limit = fc.integer({ min: 8, max: 40 });

describe('a text that is cut', () => {
  it('keeps its end, at a character, and says so', () => {
    expect(endOf('0123456789', 8)).toBe('…56789');
    expect(endOf('012345678€', 8)).toBe('…78€');
    expect(endOf('01234567€8', 8)).toBe('…7€8');
    expect(endOf('€€€€', 8)).toBe('…€');
    expect(endOf('💾💾💾', 8)).toBe('…💾');
  });

  it('keeps its beginning, at a character, and says so', () => {
    expect(startOf('0123456789', 8)).toBe('01234…');
    expect(startOf('0123€56789', 8)).toBe('0123…');
    expect(startOf('012💾56789', 8)).toBe('012…');
  });

  it('is as it was where it fits to the byte', () => {
    expect(endOf('01234€', 8)).toBe('01234€');
    expect(startOf('01234€', 8)).toBe('01234€');
  });

  it('is never longer than it may be, never torn, and only cut where it must be', () => {
    fc.assert(
      fc.property(text, limit, (whole, maxBytes) => {
        const end = endOf(whole, maxBytes);
        const start = startOf(whole, maxBytes);
        for (const cut of [end, start]) {
          expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(maxBytes);
          // Four bytes are the longest character, three the mark.
          if (cut !== whole) expect(Buffer.byteLength(cut)).toBeGreaterThan(maxBytes - 4);
        }
        if (end !== whole) expect(whole.endsWith(end.slice(1))).toBe(true);
        if (start !== whole) expect(whole.startsWith(start.slice(0, -1))).toBe(true);
      }),
    );
  });

  it('is not torn by the halves of a character that a task printed alone', () => {
    const halves = fc.string({ unit: fc.constantFrom('\ud83d', '\udcbe', 'a', '€'), maxLength: 60 });
    fc.assert(
      fc.property(halves, limit, (whole, maxBytes) => {
        expect(Buffer.byteLength(endOf(whole, maxBytes))).toBeLessThanOrEqual(maxBytes);
        expect(Buffer.byteLength(startOf(whole, maxBytes))).toBeLessThanOrEqual(maxBytes);
      }),
    );
  });
});
