/** What is said of a number that was measured many times. */
export interface Figure {
  readonly median: number;
  readonly p10: number;
  readonly p90: number;
  readonly count: number;
}

/** The figure of at least one measured value. */
export function figureOf(values: readonly number[]): Figure {
  const sorted = values.toSorted((a, b) => a - b);
  return {
    median: quantile(sorted, 0.5),
    p10: quantile(sorted, 0.1),
    p90: quantile(sorted, 0.9),
    count: sorted.length,
  };
}

/** How many digits after the point a value is shown with: three that count, where it has them. */
export function digitsOf(value: number): number {
  return value < 10 ? 2 : value < 1000 ? 1 : 0;
}

/** Between the two values beside the wanted place, in proportion. */
function quantile(sorted: readonly number[], fraction: number): number {
  const place = (sorted.length - 1) * fraction;
  const below = sorted[Math.floor(place)] ?? Number.NaN;
  const above = sorted[Math.ceil(place)] ?? Number.NaN;
  return below + (above - below) * (place - Math.floor(place));
}
