/** The pod object as the API server serves it, decoded as far as it is used. */
import * as z from 'zod/mini';
import { onDemand } from '../config/on-demand.ts';
import type { ContainerFacts, PodFacts } from '../hooks/pod-facts.ts';

/** An instant in RFC 3339, whole seconds. */
const instant = onDemand(() => z.string().check(z.refine((text) => !Number.isNaN(Date.parse(text)))));

const begun = onDemand(() => z.optional(z.object({ startedAt: z.nullish(instant()) })));

const containerStatus = onDemand(() =>
  z.object({
    name: z.string(),
    containerID: z.optional(z.string()),
    restartCount: z.optional(z.int()),
    state: z.optional(z.object({ waiting: z.optional(z.object({})), running: begun(), terminated: begun() })),
  }),
);

const pod = onDemand(() =>
  z.object({
    metadata: z.object({
      uid: z.string(),
      deletionTimestamp: z.nullish(instant()),
      deletionGracePeriodSeconds: z.nullish(z.number()),
    }),
    status: z.optional(
      z.object({
        initContainerStatuses: z.optional(z.array(containerStatus())),
        containerStatuses: z.optional(z.array(containerStatus())),
      }),
    ),
  }),
);

type ContainerStatus = z.output<ReturnType<typeof containerStatus>>;

/** Decodes the text of a pod; undefined where it is none. Never throws. */
export function decodePod(text: string): PodFacts | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { data } = pod().safeParse(value);
  if (data === undefined) return undefined;
  const { uid, deletionTimestamp, deletionGracePeriodSeconds } = data.metadata;
  const statuses = [...(data.status?.initContainerStatuses ?? []), ...(data.status?.containerStatuses ?? [])];
  return {
    uid,
    // The API server stores both at once.
    deletion: deletionTimestamp
      ? { deadlineEpochMs: Date.parse(deletionTimestamp), graceMs: (deletionGracePeriodSeconds ?? 0) * 1000 }
      : undefined,
    containers: new Map(statuses.map((status) => [status.name, factsOf(status)])),
  };
}

function factsOf({ containerID, restartCount, state }: ContainerStatus): ContainerFacts {
  const startedAt = (state?.running ?? state?.terminated)?.startedAt;
  return {
    containerId: containerID || undefined,
    restartCount: restartCount ?? 0,
    state: state?.running ? 'running' : state?.terminated ? 'terminated' : state?.waiting ? 'waiting' : 'unknown',
    startedAtMs: startedAt ? Date.parse(startedAt) : undefined,
  };
}
