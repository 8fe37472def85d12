/** One look at a time for each key: resolves with what it saw, or with undefined as soon as `signal` aborts. Never rejects if `look` does not. */
export type SharedLooks<T> = (key: string, look: () => Promise<T>, signal: AbortSignal) => Promise<T | undefined>;

/**
 * For looks at volumes, which may hang for longer than anybody can wait. Such a look keeps one of the four threads of this process,
 * without which no file is written and no host name is looked up: so who looks meanwhile waits for the one that hangs.
 */
export function createSharedLooks<T>(): SharedLooks<T> {
  const underWay = new Map<string, Promise<T>>();
  return (key, look, signal) => {
    const own = underWay.get(key) ?? look().finally(() => underWay.delete(key));
    underWay.set(key, own);
    return beforeAbort(own, signal);
  };
}

function beforeAbort<T>(look: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<T | undefined>();
  const onAbort = () => resolve(undefined);
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  void look.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  return promise;
}
