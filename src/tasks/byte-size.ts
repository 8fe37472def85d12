import * as z from 'zod/mini';
import { onDemand } from '../config/on-demand.ts';

const UNIT_BYTES: Readonly<Record<string, number>> = { Ki: 1024, Mi: 1024 * 1024 };

/** The largest size that may be asked for, in bytes: a sidecar has 64 MiB in all. */
const LARGEST = 16 * 1024 * 1024;

const SIZE = /^([1-9][0-9]{0,5})(Ki|Mi)$/;

/** The schema of a size in Kubernetes' notation, `64Ki` or `1Mi`: text in, bytes out. */
export const byteSize = onDemand(() =>
  z.pipe(
    z.string().check(z.regex(SIZE, 'must be a size such as 64Ki or 1Mi: a whole number, and Ki or Mi')),
    z.transform((text, context) => {
      const [, number, unit = ''] = SIZE.exec(text) ?? [];
      const bytes = Number(number) * (UNIT_BYTES[unit] ?? 1);
      if (bytes <= LARGEST) return bytes;
      context.issues.push({
        code: 'custom',
        input: text,
        message: 'must be at most 16Mi',
        params: { remedy: 'write a smaller size' },
      });
      return z.NEVER;
    }),
  ),
);
