/**
 * What can be seen of a container's life at one instant, source by source: the port that `src/kubernetes` implements. Nothing
 * here is needed to serve a hook (P7): a source that sees nothing passes, and says what it lacks.
 */
import type { ContainerConfig } from '../config/config.ts';
import type { ActionFacts } from '../config/task-kind.ts';
import type { ProcessMark, SocketMark } from '../journal/marks.ts';
import type { ContainerFacts } from './pod-facts.ts';

/** What one source saw. `why` and `remedy` stand in sentences: what is missing, and what to do about it. */
export type Sighting<T> =
  | { readonly kind: 'seen'; readonly seen: T }
  /** It would see it, and there is nothing now. */
  | { readonly kind: 'nothing'; readonly why: string }
  /** It can't tell. `passing`: it may well, if it is looked again. */
  | { readonly kind: 'blind'; readonly why: string; readonly remedy: string; readonly passing?: true };

/**
 * What is seen of processes. `containers` are the IDs of all containers beside ours and the pause container, where they are told:
 * also where the app's process is not found among them, as before an entrypoint has become it.
 */
export type ProcessSighting = Sighting<ProcessMark> & { readonly containers?: ReadonlySet<string> };

export interface Sightings {
  readonly process: ProcessSighting;
  readonly api: Sighting<ContainerFacts>;
  readonly sockets: Sighting<SocketMark>;
}

/** The sources, best first. */
export const SOURCES = ['process', 'api', 'sockets'] as const;
export type Source = (typeof SOURCES)[number];

export interface Evidence {
  /** Looks once. Never rejects; bounded to a few hundred ms, and by the signal. */
  look(container: ContainerConfig<ActionFacts>, signal: AbortSignal): Promise<Sightings>;
}

/** In what a sighting is compared with the marks of a life, or added to them. */
export interface Circumstances {
  /** The hook of the delivery; undefined: it is looked at without one, some time after the life began. */
  readonly hook: 'postStart' | 'preStop' | undefined;
  /** Whether the kubelet sent it: it never sends a postStart twice that was answered (kubelet contract, section 3). */
  readonly fromKubelet: boolean;
  /** Whether a run of that hook is being executed for that life. */
  readonly executing: boolean;
}

/** Those of a look that no delivery asked for, some time after the life began. */
export const UNASKED: Circumstances = { hook: undefined, fromKubelet: false, executing: false };

/** What the marks of a life and what is seen now say together. `why` is a sentence. */
export type Comparison =
  | { readonly kind: 'same' | 'different'; readonly why: string }
  /** It is no evidence: the next source is asked. */
  | { readonly kind: 'incomparable'; readonly why: string };
