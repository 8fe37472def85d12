/** What is put into a manifest, as plain data. */
export type Plain = string | number | boolean | readonly Plain[] | PlainMap;

export interface PlainMap {
  readonly [key: string]: Plain;
}

export function isPlainMap(value: Plain): value is PlainMap {
  return typeof value === 'object' && !Array.isArray(value);
}

/** A copy that can be changed, in which nothing stands twice, as it does where YAML has aliases. */
export function copyOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyOf);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, copyOf(each)]));
}
