/** All sources of evidence, looked at together. */
import type { Config, ContainerConfig } from '../config/config.ts';
import type { ActionFacts } from '../config/task-kind.ts';
import type { Evidence, Sighting } from '../hooks/evidence.ts';
import type { ContainerFacts, PodSource } from '../hooks/pod-facts.ts';
import { lookAtProcesses } from './process-evidence.ts';
import { lookAtSockets } from './socket-evidence.ts';

export interface EvidenceInput {
  /** The config of now. */
  config(): Pick<Config<ActionFacts>, 'containers'>;
  readonly pod: PodSource;
}

/** While the status lists no container yet, none has ever been started. */
const NEVER_STARTED: ContainerFacts = {
  containerId: undefined,
  restartCount: 0,
  state: 'waiting',
  startedAtMs: undefined,
};

/**
 * Opens the sources. The API server is asked only where the processes tell nothing: nobody is to wait for what decides nothing.
 */
export function createEvidence({ config, pod }: EvidenceInput): Evidence {
  return {
    async look(container, signal) {
      const process = lookAtProcesses(container, config().containers.size === 1);
      const sockets = lookAtSockets(container);
      const api = process.kind === 'seen' ? NOT_ASKED : await lookAtPod(container, pod, signal);
      return { process, api, sockets };
    },
  };
}

const NOT_ASKED = { kind: 'nothing', why: 'it was not asked, as its processes can be seen' } as const;

async function lookAtPod(
  { name }: Pick<ContainerConfig<ActionFacts>, 'name'>,
  source: PodSource,
  signal: AbortSignal,
): Promise<Sighting<ContainerFacts>> {
  const reading = await source.read(signal);
  if (reading.kind === 'unknown' && reading.passing)
    return {
      kind: 'blind',
      why: reading.reason,
      remedy: 'see why the API server does not answer in time',
      passing: true,
    };
  if (reading.kind !== 'read')
    return { kind: 'blind', why: reading.reason, remedy: 'let its service account get the pod' };
  const { containers } = reading.pod;
  const facts = containers.get(name);
  if (facts !== undefined || containers.size === 0) return { kind: 'seen', seen: facts ?? NEVER_STARTED };
  const remedy = 'name it in the config as in the pod';
  return { kind: 'blind', why: `the pod has no container ${name}`, remedy };
}
