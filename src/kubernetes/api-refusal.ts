/** Why the API server refused a call, in sentences for people. */

/**
 * No Role helps against it. The token is bound to its account and its pod (KEP-1205), so that a pod which was deleted by force meets this,
 * too, and no 404; but so does one whose account was made anew, and that pod lives on.
 */
export const TOKEN_REFUSED =
  "the API server answered 401: it does not take the token of the pod's service account, which has expired, or was deleted with its account or its pod";

/** What is shown of the server's own words, in characters. */
const LONGEST_WORDS = 300;

/**
 * What the server says of its refusal, in the `message` of its Status; undefined where it says nothing. Without the name that it made
 * up for the object, which is another each time.
 */
export function wordsOf(body: string): string | undefined {
  try {
    const status: unknown = JSON.parse(body);
    if (typeof status !== 'object' || status === null || !('message' in status)) return undefined;
    const { message } = status;
    if (typeof message !== 'string' || message === '') return undefined;
    return message
      .slice(0, LONGEST_WORDS)
      .toWellFormed()
      .replace(/^(\w+) "[^"]*" /, '$1 ');
  } catch {
    return undefined;
  }
}
