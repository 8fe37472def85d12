/** Sizes and rates of data, which are larger than what a task may hold in memory. */
import * as z from 'zod/mini';
import { onDemand } from '../../config/on-demand.ts';

const UNITS: Readonly<Record<string, number>> = {
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  Ki: 1024,
  Mi: 1024 ** 2,
  Gi: 1024 ** 3,
  Ti: 1024 ** 4,
};

const SIZE = /^([0-9]{1,6})(B|KB|MB|GB|TB|Ki|Mi|Gi|Ti)$/;
const RATE = /^([1-9][0-9]{0,5})(KB|MB|GB|Ki|Mi|Gi)\/s$/;

/** A size such as 10MB or 512Mi: text in, bytes out. */
export const dataSize = onDemand(() =>
  z.pipe(
    z
      .string()
      .check(
        z.regex(
          SIZE,
          'must be a size such as 0B, 10MB or 512Mi: a whole number, and one of B, KB, MB, GB, TB, Ki, Mi, Gi, Ti',
        ),
      ),
    z.transform((text) => bytesIn(SIZE, text)),
  ),
);

/** A rate such as 50MB/s: text in, bytes in a second out. */
export const dataRate = onDemand(() =>
  z.pipe(
    z
      .string()
      .check(
        z.regex(RATE, 'must be a rate such as 50MB/s or 100Mi/s: a whole number, and one of KB, MB, GB, Ki, Mi, Gi'),
      ),
    z.transform((text) => bytesIn(RATE, text)),
  ),
);

function bytesIn(pattern: RegExp, text: string): number {
  const [, number, unit = ''] = pattern.exec(text) ?? [];
  return Number(number) * (UNITS[unit] ?? 1);
}
