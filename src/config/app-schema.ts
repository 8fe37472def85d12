/** How a container's app is known from outside: by its ports, and by its process where the pod shares a PID namespace. */
import * as z from 'zod/mini';
import type { ProcessPattern } from './config.ts';
import { LIMITS } from './defaults.ts';
import { onDemand } from './on-demand.ts';
import { regularExpression } from './regular-expression.ts';

/** Nobody would have a name that begins so, and be taken for gone. */
const NAME = /^(?!\.{0,2}\/)/;

/** The words for the process of a program, for a `z.strictObject`. */
export const processWords = onDemand(() => ({
  name: z
    .optional(z.string().check(z.minLength(1), z.regex(NAME, 'must be the name of a program without its path: nginx')))
    .check(z.describe("The name of the program, or the file name of its command line's first word.")),
  commandLine: z
    .optional(regularExpression())
    .check(z.describe('A regular expression that has to match somewhere in the command line.')),
}));

const process = onDemand(() =>
  z.strictObject(processWords()).check(
    z.refine<ProcessPattern>(({ name, commandLine }) => (name ?? commandLine) !== undefined, {
      error: 'must have a name or a commandLine',
      params: { remedy: 'say which process is meant; of both, both must hold', unlessUnknownKeys: true },
    }),
    z.meta({ id: 'process', minProperties: 1 }),
  ),
);

/** The fields of a container about its app, for a `z.strictObject`. */
export const appFields = onDemand(() => ({
  ports: z
    .prefault(z.array(z.int().check(z.minimum(1), z.maximum(65_535))).check(z.maxLength(LIMITS.ports)), [])
    .check(
      z.describe(
        'The TCP ports that the app listens on. A new listening socket there tells a new life of the container, where nothing better does.',
      ),
    ),
  process: z
    .optional(process())
    .check(
      z.describe(
        "The app's process, where the pod shares a PID namespace: it tells this container's processes from those of others. Default: all of the one other container there is.",
      ),
    ),
}));
