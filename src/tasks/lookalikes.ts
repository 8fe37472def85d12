/** Texts that look as if a captured value were put there. What has such a name for another reason is the caller's to know. */
import type { Lookalike } from '../config/task-kind.ts';

/** In a URL braces may have been percent-encoded. */
const IN_BRACES = /\$(?:\{|%7B)([A-Za-z_][A-Za-z0-9_]*)(?:\}|%7D)/gi;

const IN_PARENTHESES = /(?<!\$)\$\( *([A-Za-z_][A-Za-z0-9_]*) *\)/g;

/** `${name}` in a text in which `$(name)` is a captured value. */
export function bracesIn(text: string | undefined, path: Lookalike['path']): Lookalike[] {
  return namesIn(text, IN_BRACES).map((name) => ({
    name,
    path,
    written: `\${${name}}`,
    why: 'which is taken as it is here',
    remedy: `write $(${name})`,
  }));
}

/** `$(name)` in a text into which nothing is put. */
export function parenthesesIn(
  text: string | undefined,
  path: Lookalike['path'],
  say: (name: string) => Pick<Lookalike, 'why' | 'remedy'>,
): Lookalike[] {
  return namesIn(text, IN_PARENTHESES).map((name) => ({ name, path, written: `$(${name})`, ...say(name) }));
}

function namesIn(text: string | undefined, pattern: RegExp): string[] {
  return [...new Set([...(text ?? '').matchAll(pattern)].map(([, name = '']) => name))];
}
