/** One of those that are measured beside each other. */
export interface Side {
  readonly name: string;
  /** Measures once. */
  readonly measure: () => Promise<number>;
  /** What it measured in its turns. */
  readonly values: number[];
}

/** A side that has had no turn yet. */
export function sideOf(name: string, measure: () => Promise<number>): Side {
  return { name, measure, values: [] };
}

/** Measures so often that what is called again and again is compiled, and forgets it. */
export async function warmUp(times: number, sides: readonly Side[]): Promise<void> {
  for (let time = 0; time < times; time += 1) for (const side of sides) await side.measure();
}

/**
 * Lets each side measure once in each round. Who is first changes from round to round: what one leaves behind, on the disk
 * or in a warm processor, must not be charged to the other.
 */
export async function takeTurns(
  rounds: number,
  sides: readonly Side[],
  progress: (done: number) => void,
): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    progress(round);
    const first = round % sides.length;
    for (const side of [...sides.slice(first), ...sides.slice(0, first)]) side.values.push(await side.measure());
  }
}
