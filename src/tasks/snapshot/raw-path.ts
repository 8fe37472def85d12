/**
 * Paths as the kernel has them: bytes, of which not all are UTF-8. Inside `snapshot/` a path is a string with one
 * character for each byte (Latin-1), so that any name survives a round trip.
 */

/** For Node's file functions. */
export function bytesOf(raw: string): Buffer {
  return Buffer.from(raw, 'latin1');
}

/** From a path as the config has it. */
export function rawOf(path: string): string {
  return Buffer.from(path).toString('latin1');
}

/** For people, and for JSON. Bytes that are no UTF-8 become U+FFFD. */
export function shownPath(raw: string): string {
  return bytesOf(raw).toString('utf8');
}

/** The path of `name` in a folder; the folder may be empty. */
export function joinRaw(folder: string, name: string): string {
  if (folder === '') return name;
  return folder.endsWith('/') ? folder + name : `${folder}/${name}`;
}
