/**
 * Lets many wait for one promise, each until it leaves. Node keeps what waits for a promise for as long as that is open, so
 * callers that come, join a long run and go away would fill the memory (P9).
 */
export function waitingFor<T>(promise: Promise<T>): (left: AbortSignal | undefined) => Promise<T | 'left'> {
  const waiting = new Set<(value: T) => void>();
  let over = false;
  void promise.then((value) => {
    over = true;
    for (const resolve of waiting) resolve(value);
    waiting.clear();
  });
  return (left) => {
    if (left === undefined || over) return promise;
    return new Promise((resolve) => {
      if (left.aborted) return resolve('left');
      const leave = () => {
        waiting.delete(end);
        resolve('left');
      };
      const end = (value: T) => {
        left.removeEventListener('abort', leave);
        resolve(value);
      };
      waiting.add(end);
      left.addEventListener('abort', leave, { once: true });
    });
  };
}
