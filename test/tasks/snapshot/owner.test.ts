import { describe, expect, it } from 'vitest';
import { giveOwner, modeFor } from '../../../src/tasks/snapshot/owner.ts';

function refusing(code: string): never {
  throw Object.assign(new Error('refused'), { code });
}

describe('what belonged to somebody', () => {
  const owner = { uid: 1000, gid: 2000 };

  it('gets its owner and group where we may give them, else its group alone', () => {
    const asked: (readonly [number, number])[] = [];
    const root = (...ids: [number, number]) => void asked.push(ids);
    const inGroup = (uid: number, gid: number) => (uid === -1 ? void asked.push([uid, gid]) : refusing('EPERM'));
    expect([giveOwner(owner, root), giveOwner(owner, inGroup)]).toEqual(['both', 'group']);
    expect(asked).toEqual([
      [1000, 2000],
      [-1, 2000],
    ]);
    expect(giveOwner(owner, () => refusing('EPERM'))).toBe('neither');
    expect(() => giveOwner(owner, () => refusing('EROFS'))).toThrow('refused');
  });

  it.each([
    ['both', true, '6775'],
    ['both', false, '6775'],
    ['group', true, '2775'],
    ['group', false, '775'],
    ['neither', true, '775'],
    ['neither', false, '775'],
  ] as const)('that got %s, be it a folder (%s), has the mode %s of 6775', (given, isFolder, mode) => {
    expect(modeFor(0o6775, given, isFolder).toString(8)).toBe(mode);
  });
});
