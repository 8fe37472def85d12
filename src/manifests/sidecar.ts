/** Finds Hookkeeper among the containers of a pod, and what it is told there. */
import { basename } from 'node:path';
import { SERVE_DEFAULTS } from '../config/serve-defaults.ts';
import { type Container, variableOf, wordsOf } from './container.ts';
import type { Part } from './part.ts';

/** How Hookkeeper is found, for people. */
export const FOUND_BY =
  'a container that runs `hookkeeper` in its `command` or `args`, has an environment variable `HOOKKEEPER_…`, an image whose ' +
  'last part is `hookkeeper`, or the name `hookkeeper`; one that runs another command than `serve` does not count';

/** A setting of `serve` as the manifest has it; undefined where it comes from elsewhere and can't be known. */
type Setting<T> = T | undefined;

export interface Sidecar extends Container {
  readonly hookPort: Setting<number>;
  readonly opsPort: Setting<number>;
  readonly host: Setting<string>;
  readonly journalDir: Setting<string>;
  readonly configFile: Setting<string>;
}

/** All containers that serve hooks, in the order in which they are started. */
export function sidecarsOf(containers: readonly Container[]): Sidecar[] {
  return containers.filter(({ part }) => isHookkeeper(part)).map(sidecarOf);
}

const NOT_SERVE = /^(check|schema|journal|snapshots|restore|plan|inject|rehearse|status|help|--help|-h|--version|-V)$/;

function isHookkeeper(container: Part): boolean {
  const words = wordsOf(container);
  const program = words.findIndex((word) => /^hookkeeper(\.cjs)?$/.test(basename(word)));
  if (NOT_SERVE.test(words[program + 1] ?? '')) return false;
  if (program !== -1) return true;
  const variables = container
    .at('env')
    .items()
    .map((item) => item.at('name').text ?? '');
  const image = (container.at('image').text ?? '').replace(/@.*$/, '').replace(/:[^/]*$/, '');
  return (
    variables.some((name) => name.startsWith('HOOKKEEPER_')) ||
    basename(image) === 'hookkeeper' ||
    container.at('name').text === 'hookkeeper'
  );
}

function sidecarOf(container: Container): Sidecar {
  const setting = (flag: string, variable: string, fallback: string) =>
    settingOf(container.part, flag, variable) ?? fallback;
  const port = (flag: string, variable: string, fallback: number): Setting<number> => {
    const text = setting(flag, variable, String(fallback));
    // What Kubernetes itself puts there for a Service of that name is passed over by the program.
    if (/^\w+:\/\//.test(text)) return fallback;
    return /^\d{1,5}$/.test(text) ? Number(text) : undefined;
  };
  const known = (text: string) => (text === UNKNOWN ? undefined : text);
  const { hookPort, opsPort, host, journalDir, configFile } = SERVE_DEFAULTS;
  return {
    ...container,
    hookPort: port('port', 'HOOKKEEPER_PORT', hookPort),
    opsPort: port('ops-port', 'HOOKKEEPER_OPS_PORT', opsPort),
    host: known(setting('host', 'HOOKKEEPER_HOST', host)),
    journalDir: known(setting('journal', 'HOOKKEEPER_JOURNAL', journalDir)),
    configFile: known(setting('config', 'HOOKKEEPER_CONFIG', configFile)),
  };
}

const UNKNOWN = '$(…)';

/** What a flag or its variable says; undefined where neither is there. The flag wins. */
function settingOf(container: Part, flag: string, name: string): string | undefined {
  const words = wordsOf(container);
  const at = words.findIndex((word) => word === `--${flag}` || word.startsWith(`--${flag}=`));
  const word = words[at];
  if (word !== undefined) {
    const value = word === `--${flag}` ? (words[at + 1] ?? '') : word.slice(flag.length + 3);
    return value.includes('$') ? UNKNOWN : value;
  }
  const variable = variableOf(container, name);
  // An `envFrom` may say it, but seldom does.
  if (variable.state === 'unknown') return variable.part.at('name').exists ? UNKNOWN : undefined;
  return variable.state === 'literal' && variable.text !== '' ? variable.text : undefined;
}
