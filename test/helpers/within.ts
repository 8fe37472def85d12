/** A bound for things that take a moment on any machine, in ms: whoever waits this long waits for ever. */
const BOUND_MS = 20_000;

/** Waits for `promise`, and says what was missing where it does not come. */
export async function within<T>(what: string, promise: Promise<T>, boundMs = BOUND_MS): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`waited ${boundMs} ms in vain for ${what}`)), boundMs);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
