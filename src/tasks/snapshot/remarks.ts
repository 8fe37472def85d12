import * as z from 'zod/mini';
import { shownPath } from './raw-path.ts';

/** What of the sources is not in an archive as it was, and why. All are counted; the first are named. */
export const remarksSchema = z.object({
  count: z.int().check(z.gte(0)),
  first: z.array(z.object({ path: z.string(), what: z.string() })),
});
export type Remarks = z.infer<typeof remarksSchema>;

/** A folder of a million sockets must not make the manifest large. */
const NAMED = 200;
const LONGEST_SHOWN = 500;

export interface RemarkList {
  /** `name` is raw; `what` goes on after it: `vanished`. */
  add(name: string, what: string): void;
  all(): Remarks;
}

export function createRemarks(): RemarkList {
  const first: Remarks['first'] = [];
  let count = 0;
  return {
    add(name, what) {
      count += 1;
      if (first.length < NAMED) first.push({ path: shownPath(name).slice(0, LONGEST_SHOWN), what });
    },
    all: () => ({ count, first: [...first] }),
  };
}
