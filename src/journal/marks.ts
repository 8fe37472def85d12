/** What is known of one life of a container, to tell it from others. What a source never saw is left out. */
import * as z from 'zod/mini';

/** So many sockets tell a life; a server with one for each of its workers may have more. */
export const MOST_INODES = 64;

const process = z.strictObject({
  /** The runtime's ID; null where the cgroups do not tell it. */
  containerId: z.nullable(z.string()),
  /** When the container's oldest process was started, in clock ticks since the machine was. */
  startTicks: z.number(),
});

const api = z.strictObject({
  /** The container ID in the pod's status when a postStart opened the life: that of an earlier one, or none yet. */
  before: z.nullable(z.string()),
  /** Its own container ID; null until the API server knows it. */
  containerId: z.nullable(z.string()),
  restartCount: z.number(),
});

const sockets = z.strictObject({
  /** The inodes of the listening sockets of the app's ports; none when nobody listens. */
  inodes: z.array(z.number()).check(z.maxLength(MOST_INODES)),
});

/** The schema of `LifeMarks`, for the journal. */
export const lifeMarks = z.strictObject({
  process: z.optional(process),
  api: z.optional(api),
  sockets: z.optional(sockets),
});

export type LifeMarks = Readonly<z.output<typeof lifeMarks>>;
export type ProcessMark = Readonly<z.output<typeof process>>;
export type ApiMark = Readonly<z.output<typeof api>>;
export type SocketMark = Readonly<z.output<typeof sockets>>;
