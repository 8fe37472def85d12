import { describe, expect, it } from 'vitest';
import { createOutputTail } from '../../src/hooks/output-tail.ts';

function tailOf(...lines: string[]) {
  const tail = createOutputTail();
  for (const line of lines) tail.add(line);
  return tail;
}

describe('the output of a task', () => {
  it('is kept as it came where it is short, and is nothing where nothing came', () => {
    expect(tailOf().text()).toBe('');
    expect(tailOf('one', '', 'three').text()).toBe('one\n\nthree');
  });

  it('is kept whole up to 4 KiB, line ends included', () => {
    expect(tailOf('a'.repeat(2047), 'b'.repeat(2047)).text()).toBe(`${'a'.repeat(2047)}\n${'b'.repeat(2047)}`);
  });

  it('loses its first lines beyond that, which is shown', () => {
    expect(tailOf('first', 'a'.repeat(2047), 'b'.repeat(2047)).text()).toBe(
      `…\n${'a'.repeat(2047)}\n${'b'.repeat(2047)}`,
    );
    expect(tailOf('a'.repeat(2048), 'b'.repeat(2047)).text()).toBe(`…\n${'b'.repeat(2047)}`);
  });

  it('is counted in bytes', () => {
    expect(tailOf('ä'.repeat(1024), 'b'.repeat(2047)).text()).toBe(`…\n${'b'.repeat(2047)}`);
  });

  it('has its last line, however long that is', () => {
    expect(tailOf('first', 'x'.repeat(5000)).text()).toBe(`…\n${'x'.repeat(5000)}`);
  });

  it('has room for what comes after a flood', () => {
    const tail = tailOf(...Array.from({ length: 500 }, () => 'y'.repeat(99)));
    expect(tail.text()).toBe(['…', ...Array.from({ length: 40 }, () => 'y'.repeat(99))].join('\n'));
  });

  it('goes to the log up to its thousandth line, and then is counted', () => {
    const tail = createOutputTail();
    const logged = Array.from({ length: 1002 }, () => tail.add('line'));
    expect(logged.filter(Boolean)).toHaveLength(1000);
    expect(logged.slice(-3)).toEqual([true, false, false]);
    expect(tail.unloggedLines()).toBe(2);
    expect(tailOf('line').unloggedLines()).toBe(0);
  });
});
