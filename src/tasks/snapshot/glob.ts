import { rawOf } from './raw-path.ts';

/** Whether a path of the config is a pattern: it has `*` or `?`. */
export function isGlob(path: string): boolean {
  return /[*?]/.test(path);
}

/** The folder above a pattern's first part that is one: `/data` of `/data/*.rdb`. */
export function baseOf(glob: string): string {
  const parts = glob.split('/');
  return parts.slice(0, parts.findIndex(isGlob)).join('/') || '/';
}

/** One character: a byte, or several in UTF-8, but no slash. */
const ANY_CHARACTER = String.raw`(?:[\x00-\x2e\x30-\x7f]|[\xc0-\xff][\x80-\xbf]*|[\x80-\xbf])`;

/**
 * What a pattern means for a raw path: `*` is any part of a name, `?` one character, `**` any number of folders. Names that
 * begin with a dot are names like others.
 */
export function globExpression(glob: string): RegExp {
  const parts = rawOf(glob).split('/');
  const source = parts.map((part, index) => {
    const last = index === parts.length - 1;
    if (part === '**') return last ? '.*' : '(?:[^/]+/)*';
    return partExpression(part) + (last ? '' : '/');
  });
  return new RegExp(`^${source.join('')}$`, 's');
}

function partExpression(part: string): string {
  return part.replace(/\*+|\?|[.+^${}()|[\]\\]/g, (found) => {
    if (found.startsWith('*')) return '[^/]*';
    return found === '?' ? ANY_CHARACTER : `\\${found}`;
  });
}

/** Whether a name in an archive is left out: by its whole path, or, for a pattern without a slash, by its last part. */
export function excluder(globs: readonly string[]): (name: string) => boolean {
  const whole = globs.filter((glob) => glob.includes('/')).map((glob) => globExpression(glob.replace(/^\/|\/$/g, '')));
  const last = globs.filter((glob) => !glob.includes('/')).map(globExpression);
  return (name) => {
    if (whole.some((expression) => expression.test(name))) return true;
    const part = name.slice(name.lastIndexOf('/') + 1);
    return last.some((expression) => expression.test(part));
  };
}
