import { existsSync } from 'node:fs';
import * as z from 'zod/mini';
import type { Condition } from '../config/condition.ts';

const settings = z.strictObject({
  file: z.string().check(z.minLength(1), z.describe('The path of a file or folder that has to exist.')),
});

/** What `when` and `waitFor` take: exactly one thing that holds or does not. */
export const conditionSchema: z.ZodMiniType<Condition> = z.pipe(settings, z.transform(fileCondition));

function fileCondition({ file }: z.output<typeof settings>): Condition {
  return {
    summary: `file ${file} exists`,
    check: () => [],
    async read() {
      const met = existsSync(file);
      return { kind: 'read', met, saw: `file ${file} ${met ? 'exists' : 'is absent'}`, left: undefined };
    },
  };
}
