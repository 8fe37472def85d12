import type { Clock } from '../hooks/clock.ts';
import type { HookApp } from '../server/hook-app.ts';

/**
 * Holds what comes before there is anything to serve it, as a start may wait for a slow disk or a lock, and says how long each
 * request had to wait: its grace went on meanwhile.
 */
export function holdRequests(served: Promise<HookApp>, { monotonicMs }: Pick<Clock, 'monotonicMs'>): HookApp {
  return {
    onRequest(request, response) {
      const arrivedMs = monotonicMs();
      void served.then((app) => app.onRequest(request, response, monotonicMs() - arrivedMs));
    },
    onNoRequest: (refusal, from) => void served.then((app) => app.onNoRequest(refusal, from)),
  };
}
