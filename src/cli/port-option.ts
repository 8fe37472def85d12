/** What must hold of a port on the command line, in words. */
export const PORT_RULE = 'must be a number from 0 to 65535';

/** The port that a text says; undefined for anything else. */
export function portOf(text: string | undefined): number | undefined {
  const port = /^\d{1,5}$/.test(text ?? '') ? Number(text) : undefined;
  return port !== undefined && port <= 65_535 ? port : undefined;
}
