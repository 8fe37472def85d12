import * as z from 'zod/mini';
import type { ProcessQuery } from './find-processes.ts';

const filled = z.string().check(z.minLength(1));

const regex = z.pipe(
  filled,
  z.transform((text, context) => {
    try {
      return new RegExp(text);
    } catch {
      const params = {
        remedy: 'write for instance "^nginx: master process"; a backslash takes the next character as it is',
      };
      context.issues.push({ code: 'custom', input: text, message: 'must be a regular expression', params });
      return z.NEVER;
    }
  }),
);

/** Which processes of other containers are meant; all that is given must hold. */
export const processQuery = z
  .strictObject({
    name: z
      .optional(filled)
      .check(z.describe('The name of the program, such as nginx: of its file, or the short one that ps shows.')),
    commandLine: z
      .optional(regex)
      .check(z.describe('A regular expression that the command line matches, such as "^nginx: master".')),
    pidFile: z
      .optional(filled)
      .check(
        z.describe(
          'A file with the PID, on a volume that both containers have. Add `name`, so that a stale file never means another process.',
        ),
      ),
  })
  .check(
    z.refine((query) => Object.values(query).some((value) => value !== undefined), {
      error: 'must have at least one of name, commandLine and pidFile',
      params: { remedy: 'write for instance {name: nginx}', unlessUnknownKeys: true },
      when: ({ value }) => typeof value === 'object' && value !== null,
    }),
  );

/** The processes that are meant, as they stand in a sentence: `process named nginx`. */
export function describeQuery({ name, commandLine, pidFile }: ProcessQuery): string {
  const parts = [
    name === undefined ? '' : ` named ${name}`,
    commandLine === undefined ? '' : ` with a command line like /${commandLine.source}/`,
    pidFile === undefined ? '' : ` of ${pidFile}`,
  ];
  return `process${parts.join('')}`;
}
