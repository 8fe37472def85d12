import * as z from 'zod/mini';
import { onDemand } from '../../config/on-demand.ts';
import { byteSize } from '../byte-size.ts';
import { captureSettings } from './http-capture.ts';
import { methodField, requestChecks, requestFields } from './http-request-settings.ts';
import { expectedStatuses, statusMeanings } from './http-status.ts';

const file = onDemand(() => z.string().check(z.minLength(1)));

/** What stands below `http`. */
export const httpSettings = onDemand(() =>
  z
    .strictObject({
      method: methodField(),
      ...requestFields(),
      body: z
        .optional(z.string())
        .check(z.describe('The body, which may use captured values. At most one of this and `bodyFile`.')),
      bodyFile: z
        .optional(file())
        .check(z.describe('The file that is the body, at most 1Mi, read again for each attempt.')),
      expect: z
        .prefault(expectedStatuses(), ['2xx'])
        .check(z.describe('Statuses, such as 200, and classes of them, such as "2xx", that mean success.')),
      onStatus: z
        .prefault(statusMeanings(), {})
        .check(
          z.describe(
            'What statuses or classes mean: ok, retry, skip (there is nothing to do, a good end) or fail. ' +
              'Of those not expected and not listed, 408, 425, 429, 500, 502, 503 and 504 mean retry, all others fail.',
          ),
        ),
      capture: z
        .prefault(captureSettings(), {})
        .check(
          z.describe(
            'Values that later tasks of the hook may use as `$(name)`: by name, the JSON path of each in the answer, such as ' +
              '`nodeId: $.node_id`. All have to be there and not empty, at most 20 of 1 KiB; they stand in the journal, so no secrets.',
          ),
        ),
      maxBody: z
        .prefault(byteSize(), '64Ki')
        .check(z.describe("How much of the answer's body is read, in Ki or Mi. Its first lines are shown.")),
    })
    .check(
      z.refine(({ body, bodyFile }) => body === undefined || bodyFile === undefined, {
        error: 'must have at most one of body and bodyFile',
        params: { remedy: 'remove one of them' },
      }),
      z.refine(({ method, capture }) => method !== 'HEAD' || Object.keys(capture).length === 0, {
        error: 'must have another method than HEAD to capture values: no answer to it has a body',
        params: { remedy: 'write for instance method: GET' },
      }),
      ...requestChecks(),
    ),
);

export type HttpSettings = z.output<ReturnType<typeof httpSettings>>;
