/** What is known of one life of a container, to tell it from others. What a source never saw is left out. */
import * as z from 'zod/mini';
import { onDemand } from '../config/on-demand.ts';

/** So many sockets tell a life; a server with one for each of its workers may have more. */
export const MOST_INODES = 64;

const process = onDemand(() =>
  z.strictObject({
    /** The runtime's ID; null where the cgroups do not tell it. */
    containerId: z.nullable(z.string()),
    /** When the container's oldest process was started, in clock ticks since the machine was. */
    startTicks: z.number(),
  }),
);

const api = onDemand(() =>
  z.strictObject({
    /** The container ID in the pod's status when a postStart opened the life: that of an earlier one, or none yet. */
    before: z.nullable(z.string()),
    /** Its own container ID; null until the API server knows it. */
    containerId: z.nullable(z.string()),
    restartCount: z.number(),
  }),
);

const sockets = onDemand(() =>
  z.strictObject({
    /** The inodes of the listening sockets of the app's ports; none when nobody listens. */
    inodes: z.array(z.number()).check(z.maxLength(MOST_INODES)),
    /** Of those that listened instead as its preStop ended: its own, or already those of the next life. Else left out. */
    atStop: z.optional(z.array(z.number()).check(z.maxLength(MOST_INODES))),
  }),
);

/** The schema of `LifeMarks`, for the journal. */
export const lifeMarks = onDemand(() =>
  z.strictObject({
    process: z.optional(process()),
    api: z.optional(api()),
    sockets: z.optional(sockets()),
  }),
);

export type LifeMarks = Readonly<z.output<ReturnType<typeof lifeMarks>>>;
export type ProcessMark = Readonly<z.output<ReturnType<typeof process>>>;
export type ApiMark = Readonly<z.output<ReturnType<typeof api>>>;
export type SocketMark = Readonly<z.output<ReturnType<typeof sockets>>>;
