import type { Path } from './problem.ts';

/** A problem whose line is not looked up yet. */
export interface Finding {
  readonly severity: 'error' | 'warning';
  readonly path: Path;
  /** Whether the key itself is wrong, or its value. */
  readonly part: 'key' | 'value';
  readonly rule: string;
  readonly value: string | undefined;
  readonly remedy: string;
}

/** What stands at `path` in plain data; undefined for what isn't there. */
export function valueAt(data: unknown, path: Path): unknown {
  let value = data;
  for (const part of path) {
    if (Array.isArray(value) && typeof part === 'number') value = value[part];
    else if (isMapping(value) && Object.hasOwn(value, part)) value = value[part];
    else return undefined;
  }
  return value;
}

/** Whether `value` is what YAML calls a mapping. */
export function isMapping(value: unknown): value is Readonly<Record<PropertyKey, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

type Checked = Pick<Finding, 'path' | 'rule' | 'value' | 'remedy'>;

/** An error about a value. */
export function error(checked: Checked): Finding {
  return { severity: 'error', part: 'value', ...checked };
}

/** A warning about a value. */
export function warning(checked: Checked): Finding {
  return { severity: 'warning', part: 'value', ...checked };
}
