/**
 * Values that one task captured, in the text of a later one: `$(name)`, as Kubernetes writes variables in a pod's spec, and
 * `$$(name)` for the text `$(name)` itself. Unlike there, a name that nothing captured is an error, never text that goes through.
 */
import * as z from 'zod/mini';
import { onDemand } from '../config/on-demand.ts';

const REFERENCE = /\$(\$?)\(([A-Za-z_][A-Za-z0-9_]*)\)/g;

/** Captured values become environment variables of commands, so no name may be one that shells, loaders or we ourselves heed. */
const NAME =
  /^(?!(?:HOOKKEEPER_|LD_)|(?:PATH|IFS|ENV|BASH_ENV|HOME|SHELLOPTS|NODE_OPTIONS|PYTHONPATH|PERL5OPT)$)[A-Za-z_][A-Za-z0-9_]{0,62}$/;

/** The name under which a value is captured. */
export const variableName = onDemand(() =>
  z
    .string()
    .check(
      z.regex(
        NAME,
        'must be a name such as nodeId, of at most 63 letters, digits and underscores, and none that programs heed (PATH, LD_…, HOOKKEEPER_…)',
      ),
    ),
);

/** What a text refers to, and where that text stands below the kind's key. */
export interface VariableUse {
  readonly name: string;
  readonly path: readonly (string | number)[];
}

/** The values that the text at `path` refers to; none for one that isn't there. */
export function variablesIn(text: string | undefined, path: VariableUse['path']): VariableUse[] {
  return [...(text ?? '').matchAll(REFERENCE)].flatMap(([, escaped, name = '']) =>
    escaped === '' ? [{ name, path }] : [],
  );
}

/** Puts captured values into texts, and keeps in mind which were missing. */
export interface Filling {
  /** The text with the values in their places, each as `encode` makes it. No text is of use if there is a `problem`. */
  fill(text: string, encode?: (value: string) => string): string;
  /** Which values were missing, in words. */
  problem(): string | undefined;
}

/** Fills texts with what earlier tasks of the run captured. What stands in a value is never looked at for further names. */
export function createFilling(captured: ReadonlyMap<string, string>): Filling {
  const missing = new Set<string>();
  return {
    fill: (text, encode = (value) => value) =>
      text.replaceAll(REFERENCE, (all: string, escaped: string, name: string) => {
        if (escaped !== '') return all.slice(1);
        const value = captured.get(name);
        if (value === undefined) missing.add(name);
        return value === undefined ? '' : encode(value);
      }),
    problem: () =>
      missing.size === 0 ? undefined : `no earlier task of this run captured ${[...missing].join(' and ')}`,
  };
}
