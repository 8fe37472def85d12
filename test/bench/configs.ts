import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A config as a user has one. */
export const QUICKSTART = join(import.meta.dirname, '..', '..', 'k8s-examples', 'quickstart', 'hooks.yaml');

/** The hooks of a container, as the config file has them. */
interface Hooks {
  readonly postStart?: readonly object[];
  readonly preStop?: readonly object[];
}

/** Writes a config file for these containers into the folder, and returns its path. */
export function writeConfig(folder: string, containers: Readonly<Record<string, Hooks>>): string {
  const file = join(folder, 'hooks.yaml');
  // YAML takes JSON. The grace is for a machine that is busy with other work: what is measured must not be cut.
  writeFileSync(file, JSON.stringify({ version: 1, grace: { period: '10m' }, containers }));
  return file;
}
