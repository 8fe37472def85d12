import fc from 'fast-check';

/** Something that reads what others write, and what must hold for whatever it is given. */
export interface Target {
  readonly name: string;
  /** Throws with the smallest input for which it does not hold; else how many inputs there were. */
  run(bounds: Bounds): Promise<number>;
}

interface Bounds {
  readonly seed: number;
  readonly runs: number;
  /** Ends without a complaint by then, in ms. */
  readonly timeMs?: number;
}

/** Inputs are of some KiB at most: one that takes so long takes for ever, in ms. */
const HANG_MS = 10_000;

/** `holds` throws where it does not, and must come to an end. */
export function target<I>(name: string, input: fc.Arbitrary<I>, holds: (input: I) => unknown): Target {
  return {
    name,
    async run({ seed, runs, timeMs }) {
      let inputs = 0;
      const property = fc.asyncProperty(input, async (value) => {
        inputs += 1;
        const startedMs = performance.now();
        await holds(value);
        const tookMs = performance.now() - startedMs;
        if (tookMs > HANG_MS) throw new Error(`it took ${tookMs} ms`);
      });
      const bound = timeMs === undefined ? {} : { interruptAfterTimeLimit: timeMs, markInterruptAsFailure: false };
      await fc.assert(property, { seed, numRuns: runs, ...bound });
      return inputs;
    },
  };
}

/** What is true of an input; the sentence says what is wrong where it is not. */
export function must(holds: boolean, wrong: string): void {
  if (!holds) throw new Error(wrong);
}

/** Good bytes with some places changed, dropped, doubled, or with one of `parts` put in. */
export function spoilt(good: Buffer, parts: readonly string[]): fc.Arbitrary<Buffer> {
  const put = fc.oneof(
    fc.constantFrom(...parts).map((part) => Buffer.from(part, 'latin1')),
    fc.uint8Array({ maxLength: 8 }).map((bytes) => Buffer.from(bytes)),
    fc.record({ at: fc.nat(good.length), length: fc.nat(200) }).map(({ at, length }) => good.subarray(at, at + length)),
  );
  const edit = fc.record({ at: fc.nat(good.length), drop: fc.oneof(fc.nat(3), fc.nat(300)), put });
  return fc
    .array(edit, { minLength: 1, maxLength: 6 })
    .map((edits) =>
      edits.reduce(
        (bytes, { at, drop, put: part }) => Buffer.concat([bytes.subarray(0, at), part, bytes.subarray(at + drop)]),
        good,
      ),
    );
}

/** As `spoilt`, of a text. */
export function spoiltText(good: string, parts: readonly string[]): fc.Arbitrary<string> {
  return spoilt(Buffer.from(good), parts).map((bytes) => bytes.toString('utf8'));
}
