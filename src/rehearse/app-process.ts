import { join } from 'node:path';
import type { ContainerConfig } from '../config/config.ts';
import type { ActionFacts } from '../config/task-kind.ts';
import { type Child, startChild } from './child.ts';

/** What stands for the app in a rehearsal. */
export type RehearsedApp =
  /** `port`: where it listens, as far as that is told. */
  | { readonly kind: 'command'; readonly command: string; readonly port: number | undefined }
  /** A process that answers each HTTP request with 200 where it has a port, and ends on SIGTERM. */
  | { readonly kind: 'standIn'; readonly port: number | undefined };

/** The container that is the app: the first, or the one that has its port. Only one of a pod can listen there. */
export function appContainer(
  containers: readonly Pick<ContainerConfig<ActionFacts>, 'name' | 'ports'>[],
  { port }: RehearsedApp,
): string | undefined {
  const listening = containers.find(({ ports }) => port !== undefined && ports.includes(port));
  return (listening ?? containers[0])?.name;
}

/** What a shell does itself: there is no program to become. */
const BUILTIN = /^(?:exec|command|eval|\.)\s/;

/** A shell that stays between us and the app would end at its SIGTERM without it. What has several commands is its own affair. */
function asOneProcess(command: string): string {
  const [, assigned = '', simple] = /^((?:\w+=[^\s'"]*\s+)*)([^\s;&|<>()`=][^;&|<>()`\n]*)$/.exec(command.trim()) ?? [];
  return simple === undefined || BUILTIN.test(simple) ? command : `${assigned}exec ${simple}`;
}

/** What the containers beside the app are. */
export const BESIDE_THE_APP: RehearsedApp = { kind: 'standIn', port: undefined };

/** Starts it. A command is run by the shell, which becomes it where it is a single one. */
export function startApp(app: RehearsedApp, folder: string, env: Readonly<NodeJS.ProcessEnv>): Child {
  if (app.kind === 'command') return startChild('/bin/sh', ['-c', asOneProcess(app.command)], env, { group: true });
  const file = join(folder, 'rehearsed-app.cjs');
  return startChild(process.execPath, [file], app.port === undefined ? {} : { PORT: String(app.port) }, {
    group: true,
  });
}
