import fc from 'fast-check';
import { within } from '../../helpers/within.ts';

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
  /** No input may take longer, in ms. Default: 10 s, as inputs are of some KiB at most. */
  readonly hangMs?: number;
  /** Is called before each input. */
  readonly onInput?: () => void;
}

export const HANG_MS = 10_000;

/** `holds` throws where it does not, and must come to an end. */
export function target<I>(name: string, input: fc.Arbitrary<I>, holds: (input: I) => unknown): Target {
  return {
    name,
    async run({ seed, runs, timeMs, onInput, hangMs = HANG_MS }) {
      let inputs = 0;
      let last: Promise<void> = Promise.resolve();
      let lastInput: I | undefined;
      const property = fc.asyncProperty(input, (value) => {
        inputs += 1;
        onInput?.();
        lastInput = value;
        last = mustEnd(() => holds(value), hangMs);
        return last;
      });
      const bound = timeMs === undefined ? {} : { interruptAfterTimeLimit: timeMs, markInterruptAsFailure: false };
      await fc.assert(property, { seed, numRuns: runs, includeErrorInReport: true, ...bound });
      // An interruption does not wait for it.
      await last.catch((error: unknown) => {
        throw new Error(`${String(error)}\nthe input: ${fc.stringify(lastInput)}`);
      });
      return inputs;
    },
  };
}

async function mustEnd(work: () => unknown, hangMs: number): Promise<void> {
  const startedMs = performance.now();
  const done = work();
  if (done instanceof Promise) await within('the end of an input', done, hangMs);
  const tookMs = performance.now() - startedMs;
  if (tookMs > hangMs) throw new Error(`an input took ${tookMs} ms`);
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
