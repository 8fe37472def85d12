/**
 * What the pod looks like now, from the API server. The service account has to be allowed to `get` its own pod; where it is not,
 * or nobody answers in time, the reading says so and nothing else happens (P7).
 */
import type { Clock } from '../hooks/clock.ts';
import type { PodReading, PodSource } from '../hooks/pod-facts.ts';
import { seconds } from '../hooks/sentence.ts';
import { type ApiSettings, apiSettings, readCredentials } from './api-access.ts';

export interface PodSourceInput {
  readonly env: Readonly<NodeJS.ProcessEnv>;
  /** The own pod's UID, where it is known: another pod may have its name. */
  readonly podUid: string | undefined;
  readonly clock: Clock;
}

/** A hook waits for this reading: an API server that is well answers in a tenth of it. In ms. */
export const POD_READ_MS = 300;

/** Opens the source. Nothing is read and nothing is loaded before it is asked. */
export function createPodSource({ env, podUid, clock }: PodSourceInput): PodSource {
  const found = apiSettings(env, podUid);
  return {
    async read(signal) {
      if (!found.ok) return { kind: 'unknown', reason: found.reason };
      const controller = new AbortController();
      const stop = () => controller.abort();
      if (signal.aborted) stop();
      signal.addEventListener('abort', stop, { once: true });
      const late = Promise.withResolvers<PodReading>();
      const cancel = clock.after(POD_READ_MS, () => {
        stop();
        const reason = `the API server gave no answer within ${seconds(POD_READ_MS)}`;
        late.resolve({ kind: 'unknown', reason, passing: true });
      });
      // A file system that hangs must not hold up a hook either.
      const reading = await Promise.race([readPod(found.settings, controller.signal), late.promise]);
      cancel();
      signal.removeEventListener('abort', stop);
      return reading;
    },
  };
}

async function readPod(settings: ApiSettings, signal: AbortSignal): Promise<PodReading> {
  const credentials = await readCredentials(settings);
  if (!credentials.ok) return { kind: 'unknown', reason: credentials.reason };
  // Only pods with a service account load and pay for the rest.
  const { requestPod } = await import('./pod-request.ts');
  return requestPod(settings, credentials, signal);
}
