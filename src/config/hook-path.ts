import type { HookName } from './config.ts';

const HOOK_PATHS: Readonly<Record<string, HookName>> = { poststart: 'postStart', prestop: 'preStop' };

/**
 * What Hookkeeper's own container is called in a path, whatever its name is, unless the config has a container of this name. Its
 * preStop is needed for nothing, and does nothing.
 */
export const OWN_CONTAINER = 'hookkeeper';

/** The hook that a request's path names, and the container where it names one; undefined for any other path. */
export interface HookPath {
  readonly hook: HookName;
  readonly container: string | undefined;
}

/**
 * Reads the path of a request, without its query. It is taken as it is: kubelets up to 1.24 put a second slash in front, and
 * beside that nothing is normalised or decoded, as the names of containers need no escapes and a typo must be told, not
 * guessed around.
 */
export function parseHookPath(path: string): HookPath | undefined {
  const match = /^\/{1,2}(poststart|prestop)(?:\/([^/]+))?$/.exec(path);
  const hook = HOOK_PATHS[match?.[1] ?? ''];
  return hook === undefined ? undefined : { hook, container: match?.[2] };
}

/** The path that calls a hook of a container. */
export function hookPathOf(hook: HookName, container: string): string {
  return `/${hook.toLowerCase()}/${container}`;
}
