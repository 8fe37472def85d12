/** What is wrong with a config, said so that it can be mended: where, the rule, the value, the remedy. */

/** The place of a value in the config: keys and list positions from the top. */
export type Path = readonly (string | number)[];

export interface Problem {
  /** A config with an error can't be used; one with warnings can. */
  readonly severity: 'error' | 'warning';
  /** The file as it was named, or `environment` when an environment variable is wrong. */
  readonly file: string;
  /** 1 for the first line; undefined when the problem has no place in the file. */
  readonly line: number | undefined;
  readonly column: number | undefined;
  /** Where in the config, such as `containers.app.preStop[2].timeout`; the name of an environment variable; empty for the whole file. */
  readonly path: string;
  /** What must hold: `must be a list`. */
  readonly rule: string;
  /** What is there instead, shortened, never a secret; undefined where there is nothing to show. */
  readonly value: string | undefined;
  /** What to do about it. */
  readonly remedy: string;
}

/** Stands for a value that may be a secret. */
export const HIDDEN = '(hidden)';

const LONGEST_SHOWN = 60;

/** The path as people write it; keys with unusual characters are quoted, and hold no secret that stands behind a name. */
export function formatPath(path: Path): string {
  return path
    .map((part, index) => {
      if (typeof part === 'number') return `[${part}]`;
      if (/^[A-Za-z_][\w-]*$/.test(part)) return index === 0 ? part : `.${part}`;
      return `[${quote(isNameOfSecret(path, index) ? nameAlone(part) : part)}]`;
    })
    .join('');
}

/** One line for people: `hooks.yaml:14:9 error containers.app.preStop[2].timeout must be …: value is 30, write "30s"`. */
export function formatProblem(problem: Problem): string {
  return `${formatPlace(problem)} ${problem.severity} ${formatSentence(problem)}`;
}

/** Where the problem is: `hooks.yaml:14:9`. */
export function formatPlace({ file, line, column }: Problem): string {
  return [file, line, column].filter((part) => part !== undefined).join(':');
}

/** What the problem is, without its place. */
export function formatSentence({ path, rule, value, remedy }: Problem): string {
  const shown = value === undefined ? '' : ` value is ${value},`;
  return `${path === '' ? 'the file' : path} ${rule}:${shown} ${remedy}`;
}

/** A value of the config in a few words; undefined for one that isn't there. Whatever may be a secret is hidden. */
export function showValue(value: unknown, path: Path): string | undefined {
  if (value === undefined) return undefined;
  if (value === null) return 'empty';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return Object.keys(value).length === 0 ? 'an empty mapping' : 'a mapping';
  const keys = path.map(String).filter((_, index) => !isContainerName(path, index));
  // A command that stands where its mapping belongs is one all the same.
  const isCommand = keys.at(-1) === 'exec' || keys.some((key) => COMMAND_PART.test(key));
  if (isCommand || keys.some(mayHoldSecret)) return HIDDEN;
  if (typeof value === 'string') return quote(PATTERN_PART.test(keys.at(-1) ?? '') ? value : withoutCredentials(value));
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : `a ${typeof value}`;
}

/** The key at the end of a path, in a few words. */
export function showKey(path: Path): string | undefined {
  const key = path.at(-1);
  const isName = typeof key === 'string' && isNameOfSecret(path, path.length - 1);
  return showValue(isName ? nameAlone(key) : key, []);
}

/** Whether what the key at `index` names may be a secret: there `env: { PASSWORD=hunter2 }` makes all of it the name. */
function isNameOfSecret(path: Path, index: number): boolean {
  const above = path[index - 1];
  return typeof above === 'string' && isSecretPart(above);
}

function nameAlone(key: string): string {
  return key.replace(/^([^=:]*[=:]).+$/s, '$1…');
}

const SECRET_NAME =
  /token|secret|passw|passphrase|pwd|authorization|cookie|credential|(api|access|private|signing)[-_]?key|(?:^|[-_])(?:pass|auth)(?:$|[-_])/i;
/** Everything below these may be one. */
const SECRET_PART = /^(headers|env|body|query|content)$/;
/** A value here is not told in a sentence; in its line, only what looks like a secret is hidden. */
const COMMAND_PART = /^(command|args|script|shell)$/;
/** Regular expressions, in which an @ or a ? is no part of a URL. */
const PATTERN_PART = /^(matches|commandLine)$/;

/** Whether everything below a key of the config may be a secret, whatever its own key. */
export function isSecretPart(key: string): boolean {
  return SECRET_PART.test(key);
}

/** Whether what stands below a key may be a secret, judged by the key. The name of a file is none. */
export function mayHoldSecret(key: string): boolean {
  return isSecretPart(key) || (SECRET_NAME.test(key) && !/(file|path)s?$/i.test(key));
}

/** A line of the file with asterisks for what may be a secret; as long as before. */
export function maskSecrets(line: string): string {
  const stars = (all: string, keep: string) => keep + '*'.repeat(all.length - keep.length);
  const keys = [...line.matchAll(/(?<![\w-])([\w-]+)["']?\s*:\s*/g)];
  const secret = keys.find(([, key]) => mayHoldSecret(key ?? ''));
  const plain = secret === undefined ? line : line.slice(0, secret.index + secret[0].length);
  return stars(line, plain)
    .replaceAll(/((?:bearer|basic)\s+)[^\s"']+/gi, stars)
    .replaceAll(/(?<![\w-])([\w-]+)=[^\s"']+/g, (all, name: string) =>
      mayHoldSecret(name) ? stars(all, `${name}=`) : all,
    )
    .replaceAll(/[^\s"']+/g, (word) =>
      word.replace(USER_INFO, (all: string, scheme = '') => `${stars(all.slice(0, -1), scheme)}@`),
    )
    .replaceAll(/(:\/\/[^?\s]*\?)[^\s"']+/g, stars)
    .replaceAll(/(\/[^?\s"']*\?)(?=[^\s"']*=)[^\s"']+/g, stars);
}

function isContainerName(path: Path, index: number): boolean {
  return index === 1 && path[0] === 'containers';
}

/** What stands before the last @, however wrongly the scheme before it is written. */
const USER_INFO = /^([a-z][a-z0-9+.-]*:\/\/|(?:https?|s3):?\/{0,2})?.*@/is;

/** A URL's user info and query may hold a password or a token; what has no scheme may be meant as a URL, too. */
function withoutCredentials(text: string): string {
  return text.replace(USER_INFO, (_all, scheme = '') => `${scheme}…@`).replace(/\?.+/s, '?…');
}

function quote(text: string): string {
  const short = text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN - 1)}…` : text;
  // JSON leaves C1 control characters alone, and a terminal obeys them.
  return JSON.stringify(short).replaceAll(/[\u007f-\u009f]/g, '·');
}
