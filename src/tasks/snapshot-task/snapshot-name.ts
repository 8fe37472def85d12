import { hostname } from 'node:os';
import * as z from 'zod/mini';

/** What a name is made of: letters, digits, dashes, dots, underscores and placeholders, none of which begins with a dot or dash. */
const PATTERN = /^(?:[A-Za-z0-9_]|\{container\}|\{hostname\})(?:[-A-Za-z0-9_.]|\{container\}|\{hostname\}){0,60}$/;

/** The name of snapshots, with placeholders. */
export const snapshotName = z
  .string()
  .check(
    z.regex(
      PATTERN,
      'must be a name of letters, digits, dashes, dots and underscores, in which {container} and {hostname} may stand',
    ),
  );

/** The name with its placeholders filled in. */
export function fillName(name: string, container: string): string {
  return fillContainer(name, container).replaceAll('{hostname}', hostname());
}

/** The name as far as the config alone tells it. */
export function fillContainer(name: string, container: string): string {
  return name.replaceAll('{container}', container);
}
