/**
 * Monotonic time in ms since some fixed instant. Not `performance.now()`, which reads the same clock: with `performance` Node
 * loads all of `node:perf_hooks`, which takes a start longer than to read the config file.
 */
export function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}
