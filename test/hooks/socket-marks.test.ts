import { describe, expect, it } from 'vitest';
import { type Circumstances, UNASKED } from '../../src/hooks/evidence.ts';
import { compareSockets, learnSockets, learnSocketsAtStop } from '../../src/hooks/socket-marks.ts';

const of = (...inodes: number[]) => ({ inodes });
const at = (hook: 'postStart' | 'preStop', own: Partial<Circumstances> = {}): Circumstances => ({
  hook,
  fromKubelet: true,
  executing: false,
  ...own,
});

describe('the listening sockets of an app beside those of a life', () => {
  it.each<[string, number[] | undefined, number[], Circumstances, string, string]>([
    ['none known', undefined, [1], at('preStop'), 'incomparable', 'no listening socket of the last life was seen'],
    ['none seen then', [], [1], at('preStop'), 'incomparable', 'no listening socket of the last life was seen'],
    ['one of them', [1, 2], [2, 3], at('preStop'), 'same', "the last life's socket is still listening"],
    ['others', [1], [2], at('preStop'), 'different', 'another socket is listening than in the last life'],
    [
      'others, within the hook',
      [1],
      [2],
      at('preStop', { executing: true }),
      'incomparable',
      'its sockets may change while its hook is executed',
    ],
    [
      'none, at a preStop',
      [1],
      [],
      at('preStop'),
      'incomparable',
      'nobody listens on its ports, as when an app drains',
    ],
    [
      'none, at a postStart',
      [1],
      [],
      at('postStart'),
      'different',
      "the last life's socket is closed, and a postStart came",
    ],
    [
      "none, at somebody's postStart",
      [1],
      [],
      at('postStart', { fromKubelet: false }),
      'incomparable',
      'nobody listens on its ports, as when an app drains',
    ],
  ])('are %s', (_, then, now, about, kind, why) => {
    expect(compareSockets(then && of(...then), of(...now), about)).toEqual({ kind, why });
  });

  it('are learned at each delivery, while there are any', () => {
    expect(learnSockets(of(1), of(2), at('preStop'))).toEqual(of(2));
    expect(learnSockets(of(1), of(), at('preStop'))).toEqual(of(1));
    expect(learnSockets(undefined, of(), at('preStop'))).toBeUndefined();
  });

  it('are learned without a delivery only where none are known', () => {
    expect(learnSockets(of(1), of(2), UNASKED)).toEqual(of(1));
    expect(learnSockets(undefined, of(2), UNASKED)).toEqual(of(2));
  });

  it('that were there as its preStop ended are no proof of any life, before a delivery or after', () => {
    const swapped = learnSocketsAtStop(of(1), of(2, 3));
    expect(swapped).toEqual({ inodes: [1], atStop: [2, 3] });
    for (const about of [at('preStop'), at('postStart'), UNASKED])
      expect(compareSockets(swapped, of(3), about)).toEqual({
        kind: 'incomparable',
        why: 'it is listening as at the end of its preStop, which may have changed its sockets',
      });
    expect(compareSockets(swapped, of(1), at('preStop')).kind).toBe('same');
    expect(compareSockets(swapped, of(4), at('preStop')).kind).toBe('different');
    expect(learnSockets(swapped, of(3), at('preStop'))).toEqual(swapped);
    expect(learnSockets(swapped, of(4), at('preStop'))).toEqual(of(4));
  });

  it.each<[string, number[] | undefined, number[]]>([
    ['one of them still listens', [1, 2], [2, 3]],
    ['nobody listens any more', [1], []],
    ['none were known', undefined, [1]],
  ])('are what they were as its preStop ends, where %s', (_, then, now) => {
    expect(learnSocketsAtStop(then && of(...then), of(...now))).toEqual(then && of(...then));
  });
});
