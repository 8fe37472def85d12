/** What can be seen of a walk's app, as the sources in `src/kubernetes` would see it: one of them, and the others blind. */
import { type Clock, wait } from '../../src/hooks/clock.ts';
import type { Evidence, Sightings } from '../../src/hooks/evidence.ts';
import type { ContainerFacts, PodReading, PodSource } from '../../src/hooks/pod-facts.ts';
import { POD_READ_MS } from '../../src/kubernetes/pod-source.ts';
import type { ContainerView, PodView } from '../../src/rehearse/pod-view.ts';
import type { SimulatedPod } from '../../src/rehearse/simulated-pod.ts';

/** What tells lives apart in a walk; `sequence`: nothing but the order of the hooks. */
export const WALK_EVIDENCE = ['key', 'process', 'api', 'sockets', 'sequence'] as const;
export type WalkEvidence = (typeof WALK_EVIDENCE)[number];

/** How the API server answers one reading: at once, late, never, or with a 403. */
export const API_MANNERS = ['well', 'slow', 'silent', 'forbidden'] as const;
export type ApiManner = (typeof API_MANNERS)[number];

/** How long the API server takes, in ms; less than the pause between two hooks of a container. */
const API_MS = 5;
const SLOW_MS = 200;
/** How long after its start the app listens, in ms. */
const LISTENS_MS = 100;

const blind = { kind: 'blind', why: 'it is not there', remedy: 'have it there' } as const;
const BLIND: Sightings = { process: blind, api: blind, sockets: blind };

export function coreEvidence(
  source: WalkEvidence,
  clock: Clock,
  pod: () => SimulatedPod,
  manner: () => ApiManner,
): Evidence & PodSource {
  async function read(signal: AbortSignal): Promise<PodReading> {
    if (source !== 'api') return { kind: 'unknown', reason: 'there is no API server' };
    // What it tells is of the moment when it was asked, not later than the hook.
    const [view, how] = [pod().view(), manner()];
    await wait(clock, how === 'silent' ? POD_READ_MS : how === 'slow' ? SLOW_MS : API_MS, signal);
    if (how === 'silent') return { kind: 'unknown', reason: 'it gave no answer', passing: true };
    if (how === 'forbidden') return { kind: 'unknown', reason: 'it answered 403' };
    return view === undefined ? { kind: 'gone', reason: 'it is deleted' } : { kind: 'read', pod: factsOf(view) };
  }

  async function look(_container: unknown, signal: AbortSignal): Promise<Sightings> {
    const app = pod().instance('app');
    const running = app !== undefined && app.end === undefined;
    switch (source) {
      case 'process': {
        const seen = { containerId: `c${app?.restartCount}`, startTicks: app?.startedAtMs ?? 0 };
        return { ...BLIND, process: running ? { kind: 'seen', seen } : { kind: 'nothing', why: 'it does not run' } };
      }
      case 'sockets': {
        const listens = running && clock.epochMs() - app.startedAtMs >= LISTENS_MS;
        return { ...BLIND, sockets: { kind: 'seen', seen: { inodes: listens ? [1000 + app.restartCount] : [] } } };
      }
      case 'api': {
        const reading = await read(signal);
        const seen = reading.kind === 'read' ? reading.pod.containers.get('app') : undefined;
        const passing = reading.kind === 'unknown' && reading.passing;
        return { ...BLIND, api: seen ? { kind: 'seen', seen } : passing ? { ...blind, passing } : blind };
      }
      case 'key':
      case 'sequence':
        return BLIND;
    }
  }
  return { look, read };
}

function factsOf({ uid, deletion, containers }: PodView) {
  return { uid, deletion, containers: new Map(containers.map((one) => [one.name, containerFacts(one)])) };
}

function containerFacts({ containerId, restartCount, state }: ContainerView): ContainerFacts {
  return {
    containerId: containerId === '' ? undefined : containerId,
    restartCount,
    state: state.is,
    startedAtMs: state.is === 'waiting' ? undefined : state.startedAtMs,
  };
}
