import { describe, expect, it } from 'vitest';
import { addressBlock, createMatcher } from '../../../src/tasks/connections/address-blocks.ts';

const v4 = (...[a = 0, b = 0, c = 0, d = 0]: number[]) =>
  Uint32Array.of(0, 0, 0xffff, (a << 24) | (b << 16) | (c << 8) | d);
const v6 = (...words: number[]) => Uint32Array.from(words);
const LOOPBACK_6 = v6(0, 0, 0, 1);
const LOCAL_6 = v6(0xfd000000, 0, 0, 1);

describe('a block of addresses', () => {
  it.each([
    [['10.0.0.0/8'], [v4(10, 1, 2, 3)], [v4(11, 0, 0, 0), LOCAL_6, LOOPBACK_6]],
    [['10.1.2.3'], [v4(10, 1, 2, 3)], [v4(10, 1, 2, 4)]],
    [['10.1.2.3/8'], [v4(10, 255, 0, 0)], [v4(9, 1, 2, 3)]],
    [['0.0.0.0/0'], [v4(1, 2, 3, 4), v4(255, 255, 255, 255)], [LOCAL_6]],
    [['fd00::/8'], [LOCAL_6], [v4(10, 0, 0, 1), v6(0xfc000000, 0, 0, 1)]],
    [['::ffff:10.0.0.0/104'], [v4(10, 1, 2, 3)], [v4(11, 0, 0, 0)]],
    [['loopback'], [v4(127, 0, 0, 1), v4(127, 9, 9, 9), LOOPBACK_6], [v4(128, 0, 0, 1), v6(0, 0, 0, 2)]],
    [['10.0.0.0/8', 'loopback', 'fd00::1'], [v4(10, 0, 0, 1), LOOPBACK_6, LOCAL_6], [v4(192, 168, 0, 1)]],
    [[], [], [v4(127, 0, 0, 1), LOOPBACK_6]],
  ])('%j holds its own addresses and no others', (blocks, inside, outside) => {
    const matches = createMatcher(blocks);
    expect(inside.map(matches)).toEqual(inside.map(() => true));
    expect(outside.map(matches)).toEqual(outside.map(() => false));
  });

  it.each([
    '',
    '10.0.0.0/33',
    '10.0.0/8',
    'fd00::/129',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10.0.0.0/-1',
    'fe80::1%eth0',
    'localhost',
  ])('is refused where it is none: %j', (text) => {
    expect(addressBlock().safeParse(text).success).toBe(false);
  });
});
