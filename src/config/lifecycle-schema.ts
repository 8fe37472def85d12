/** The schema of `lifecycle`. */
import * as z from 'zod/mini';
import type { LifecycleConfig } from './config.ts';
import { DEFAULTS } from './defaults.ts';
import { durationSchema } from './duration.ts';
import { onDemand } from './on-demand.ts';

export const lifecycleSchema = onDemand<z.ZodMiniType<LifecycleConfig>>(() =>
  z.pipe(
    z.strictObject({
      sidecar: z
        .prefault(z.enum(['native', 'regular', 'auto']), DEFAULTS.lifecycle.sidecar)
        .check(
          z.describe(
            'What Hookkeeper is in its pod: native (an init container with restartPolicy Always), which is told to end when the app has, or regular (one of the containers), which is told to end together with the app. auto goes by what can be seen of the app.',
          ),
        ),
      arrivalWindow: z
        .optional(durationSchema({ leastMs: 0 }))
        .check(
          z.describe(
            'How long Hookkeeper, told to end, waits for a preStop that has not come yet. Default: the grace period minus the reserve while the app is there, 2s when it is gone, 10s when nothing can tell. A native sidecar does not wait.',
          ),
        ),
    }),
    z.transform(({ sidecar, arrivalWindow }) => ({ sidecar, arrivalWindowMs: arrivalWindow })),
  ),
);
