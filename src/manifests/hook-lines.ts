import type { HookName } from '../config/config.ts';
import { hookPathOf } from '../config/hook-path.ts';
import { SERVE_DEFAULTS } from '../config/serve-defaults.ts';
import type { PodView } from './pod-view.ts';

/** What a hook sends where the config asks for a token. */
export const AUTHORIZATION_LINES: readonly string[] = [
  'httpHeaders:',
  '  - name: Authorization',
  '    value: Bearer …',
];

/** The whole hook of a container as it has to be, whatever else is wrong with it: what is pasted must not need another look. */
export function hookLines(hook: HookName, container: string, { sidecar, spec, hooks }: PodView): string[] {
  const host = spec.at('hostNetwork').value === true ? ['host: 127.0.0.1'] : [];
  const port = sidecar?.hookPort ?? SERVE_DEFAULTS.hookPort;
  const headers = hooks?.config.access.tokenFile === undefined ? [] : AUTHORIZATION_LINES;
  const request = [...host, `path: ${hookPathOf(hook, container)}`, `port: ${port}`, ...headers];
  return [`${hook}:`, '  httpGet:', ...request.map((line) => `    ${line}`)];
}
