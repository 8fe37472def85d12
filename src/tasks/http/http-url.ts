import * as z from 'zod/mini';
import { onDemand } from '../../config/on-demand.ts';

/** A captured value in the host or for the port, with which it would be no URL at all. */
const CAPTURED_HOST = /^https?:\/\/[^/?#]*\$\([^/?#@]*(?:[/?#]|$)/i;

/** The schema of a URL that may be called: text in, URL out. */
export const httpUrl = onDemand(() =>
  z.pipe(
    z.string(),
    z.transform((text, context) => {
      const url = URL.parse(text);
      const refuse = (message: string, remedy: string) => {
        // The text may hold a password, so it is not passed on.
        context.issues.push({ code: 'custom', input: undefined, message, params: { remedy } });
        return z.NEVER;
      };
      if (CAPTURED_HOST.test(text)) {
        return refuse(
          'must have captured values in its path and query only',
          'write the host as it is: an answer must not decide who is called',
        );
      }
      if (url === null || !/^https?:$/.test(url.protocol))
        return refuse('must be an http or https URL', 'write for instance http://127.0.0.1:8080/drain');
      if (url.username !== '' || url.password !== '') {
        return refuse(
          'must be a URL without user and password',
          'put them into an Authorization header, from a file: headersFromFiles',
        );
      }
      return url;
    }),
  ),
);

/** The URL as it may be shown: queries hold tokens. */
export function shownUrl(url: URL): string {
  return url.origin + url.pathname;
}
