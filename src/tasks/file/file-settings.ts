import * as z from 'zod/mini';
import { onDemand } from '../../config/on-demand.ts';

const RULE = 'must be an absolute path of a file, such as /shared/draining';

/** Below the root, not ending in a slash, `.` or `..`, without NUL. */
const FILE = /^\/(?:[^\0]*\/)?(?!\.{1,2}$)[^/\0]+$/;

const path = onDemand(() => z.string().check(z.regex(FILE, RULE)));

const MODE_RULE = 'must be an octal mode in quotes, such as "0644"';

const OCTAL = /^0?[0-7]{3}$/;

/**
 * Kubernetes writes modes as octal numbers, which YAML 1.2 reads as decimal ones, and what made the file, such as Helm, may have
 * written 0644 as 420: so it is text here.
 */
const mode = onDemand(() =>
  z.pipe(
    z.unknown().check(z.meta({ type: 'string', pattern: OCTAL.source })),
    z.transform((written, context): string => {
      if (typeof written === 'string' && OCTAL.test(written)) return written;
      const params = { remedy: modeRemedy(written) };
      context.issues.push({ code: 'custom', input: written, message: MODE_RULE, params });
      return z.NEVER;
    }),
  ),
);

function modeRemedy(written: unknown): string {
  if (typeof written !== 'number') return 'correct it';
  const [asItIs, decoded] = [String(written), written.toString(8)].map((text) =>
    OCTAL.test(text) ? `"0${text}"` : '',
  );
  if (asItIs === '' && decoded === '') return 'correct it';
  if (asItIs === '' || decoded === '') return `write ${asItIs}${decoded}`;
  return `write ${decoded} if a tool has made ${written} of that, else ${asItIs}`;
}

/** Other users of the volume, such as the app, may read what was written. */
const MODE = '0644';

const written = onDemand(() =>
  z
    .strictObject({
      write: z
        .optional(path())
        .check(
          z.describe(
            'The path of a file to write: whole or not at all, replacing what was there, a symbolic link too. One of this, `touch` and `remove`.',
          ),
        ),
      touch: z
        .optional(path())
        .check(z.describe('The path of a file to create, if it is not there, or else to give the present time.')),
      remove: z
        .optional(path())
        .check(z.describe('The path of a file to remove, if it is there. Of a symbolic link, the link is removed.')),
      content: z
        .optional(z.string())
        .check(
          z.describe(
            'What is written, which may use captured values. Default: nothing. At most one of this and `contentFile`.',
          ),
        ),
      contentFile: z
        .optional(z.string().check(z.minLength(1)))
        .check(z.describe('A file whose content is written, at most 1Mi, read again for each attempt.')),
      mode: z
        .optional(mode())
        .check(z.describe(`The mode of the written file, octal and in quotes. Default: "${MODE}".`)),
    })
    .check(
      z.refine((file) => actsOf(file).length === 1, {
        error: 'must have exactly one of write, touch and remove',
        params: { remedy: 'write for instance {touch: /shared/draining}', unlessUnknownKeys: true },
        when: isMapping,
      }),
      z.refine(
        ({ write, content, contentFile, mode }) =>
          write !== undefined || (content ?? contentFile ?? mode) === undefined,
        {
          error: 'must have content, contentFile and mode only beside write',
          params: { remedy: 'remove them, or write: the path instead', unlessUnknownKeys: true },
          when: isMapping,
        },
      ),
      z.refine(({ content, contentFile }) => content === undefined || contentFile === undefined, {
        error: 'must have at most one of content and contentFile',
        params: { remedy: 'remove one of them', unlessUnknownKeys: true },
        when: isMapping,
      }),
    ),
);

export type FileSettings =
  | {
      readonly act: 'write';
      readonly path: string;
      readonly content: string;
      readonly contentFile: string | undefined;
      readonly mode: number;
    }
  | { readonly act: 'touch' | 'remove'; readonly path: string };

/** What stands below `file`. */
export const fileSettings = onDemand<z.ZodMiniType<FileSettings>>(() => z.pipe(written(), z.transform(settingsOf)));

function settingsOf(file: z.output<ReturnType<typeof written>>): FileSettings {
  if (file.touch !== undefined) return { act: 'touch', path: file.touch };
  if (file.remove !== undefined) return { act: 'remove', path: file.remove };
  const { write = '', content = '', contentFile } = file;
  return { act: 'write', path: write, content, contentFile, mode: Number.parseInt(file.mode ?? MODE, 8) };
}

function actsOf({ write, touch, remove }: { write?: unknown; touch?: unknown; remove?: unknown }): unknown[] {
  return [write, touch, remove].filter((act) => act !== undefined);
}

function isMapping({ value }: { readonly value: unknown }): boolean {
  return typeof value === 'object' && value !== null;
}
