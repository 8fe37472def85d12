import type { ContainerConfig } from '../config/config.ts';
import type { ActionFacts } from '../config/task-kind.ts';
import { isKeyed, keyOf, type RunRecord } from '../journal/entry.ts';
import { postStartOpensLives } from './opening-hook.ts';

/** A container with a preStop in the config, whose life none has closed. */
export interface OpenLife {
  readonly container: string;
  /** Whether its life began, as far as is known: a hook came, no postStart is configured, or something else showed it. */
  readonly begun: boolean;
  /** The key that callers name it by; undefined where nobody does. */
  readonly key?: string | undefined;
}

export interface OpenLivesInput {
  readonly containers: Iterable<ContainerConfig<ActionFacts>>;
  /** The runs of a container, oldest first. */
  readonly runsOf: (container: string) => readonly RunRecord[];
  /** Now, on the wall clock. */
  readonly atMs: number;
  /** The pod's grace period, in ms. */
  readonly graceMs: number;
  /** The containers whose apps were seen in another life than that of their last run. */
  readonly otherLives: ReadonlySet<string>;
  /** The containers whose apps began for sure, whatever hooks came. */
  readonly begun: ReadonlySet<string>;
}

/** The containers whose preStop can still come: pure, from the journal and from what is seen. */
export function openLives({ containers, runsOf, atMs, graceMs, otherLives, begun }: OpenLivesInput): OpenLife[] {
  const lives: OpenLife[] = [];
  // Whichever way the wall clock was set since.
  const isLongAgo = ({ lastDeliveryAtMs }: RunRecord) => Math.abs(atMs - lastDeliveryAtMs) > 2 * graceMs;
  for (const container of containers) {
    const { name, preStop, postStart } = container;
    if (preStop === undefined) continue;
    const all = runsOf(name);
    const unkeyed = all.filter((run) => !isKeyed(run));
    // A container that the kubelet never called has only lives that callers named.
    const runs = unkeyed.length > 0 ? unkeyed : all;
    const last = runs.at(-1);
    const life = runs.filter((run) => run.incarnation.id === last?.incarnation.id);
    const key = last === undefined ? undefined : keyOf(last);
    const closing = life.findLast(({ hook }) => hook === 'preStop');
    // One that was taken back closed nothing; nor did last tasks that nobody sent, after which hookkeeper was started again.
    if (closing === undefined || closing.undo !== undefined || closing.deliveries === 0)
      lives.push({ container: name, key, begun: life.length > 0 || postStart === undefined || begun.has(name) });
    // Without a postStart nothing else says that a new life began, but that the old one must be over: see `incarnation.ts`.
    else if (otherLives.has(name) || (!postStartOpensLives(container, runs) && isLongAgo(closing))) {
      lives.push({ container: name, begun: true });
    }
  }
  return lives;
}
