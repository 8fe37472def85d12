import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFilling, variableName, variablesIn } from '../../src/tasks/captured-values.ts';

const captured = new Map([
  ['nodeId', '3'],
  ['other', '$(nodeId)'],
]);

function filled(text: string) {
  const filling = createFilling(captured);
  const result = filling.fill(text);
  return filling.problem() ?? result;
}

describe('captured values in a text', () => {
  it.each([
    ['/v1/brokers/$(nodeId)/maintenance', '/v1/brokers/3/maintenance'],
    ['$(nodeId)$(nodeId)', '33'],
    ['$$(nodeId)', '$(nodeId)'],
    ['$$(unknown)', '$(unknown)'],
    ['$$$(nodeId)', '$$(nodeId)'],
    ['$(other)', '$(nodeId)'],
    ['{nodeId} $nodeId $ (nodeId) $() $(node id) $(1)', '{nodeId} $nodeId $ (nodeId) $() $(node id) $(1)'],
    ['$(unknown) and $(nodeid)', 'no earlier task of this run captured unknown and nodeid'],
  ])('%s is %s', (text, expected) => {
    expect(filled(text)).toBe(expected);
  });

  it('are encoded by whoever knows where they stand', () => {
    expect(createFilling(captured).fill('[$(nodeId)]', (value) => `<${value}>`)).toBe('[<3>]');
  });

  it('are named with where they stand, those that are only written about left out', () => {
    expect(variablesIn('$(a) $$(b) $(c)', ['url'])).toEqual([
      { name: 'a', path: ['url'] },
      { name: 'c', path: ['url'] },
    ]);
    expect(variablesIn(undefined, ['body'])).toEqual([]);
  });

  it('come through as they are, whatever they are, and nothing else changes', () => {
    const plain = fc.string().map((text) => text.replaceAll('$', ''));
    fc.assert(
      fc.property(plain, fc.string(), plain, (before, value, after) => {
        const filling = createFilling(new Map([['x', value]]));
        expect(filling.fill(`${before}$(x)${after}`)).toBe(before + value + after);
        expect(filling.fill(before + after)).toBe(before + after);
      }),
    );
  });

  it('are found by exactly the names that are named', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('$', '(', ')', 'a', 'b') }), (text) => {
        const filling = createFilling(new Map());
        filling.fill(text);
        expect(filling.problem() === undefined).toBe(variablesIn(text, []).length === 0);
      }),
    );
  });
});

describe('the name of a captured value', () => {
  it.each(['nodeId', 'x', '_1', 'PATHS', 'a'.repeat(63)])('may be %s', (name) => {
    expect(variableName().safeParse(name).success).toBe(true);
  });

  it.each(['', '1a', 'a-b', 'a b', 'ä', 'PATH', 'HOOKKEEPER_RUN', 'LD_PRELOAD', 'IFS', 'NODE_OPTIONS', 'a'.repeat(64)])(
    'must not be %j',
    (name) => {
      expect(variableName().safeParse(name).success).toBe(false);
    },
  );
});
