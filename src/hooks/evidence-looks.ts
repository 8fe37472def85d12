/**
 * The looks at the evidence, one at a time for each container: who comes in the middle of one gets the next, so that nobody is
 * told what was true before it came, and a thousand at once cost two looks (P9).
 */
import type { ContainerConfig } from '../config/config.ts';
import type { ActionFacts } from '../config/task-kind.ts';
import type { Delivery } from './delivery.ts';
import type { Evidence, Sightings } from './evidence.ts';

export interface EvidenceLooks {
  /**
   * What is seen in a look that begins now or later; nothing for a delivery with a key, or of a container that the config does not
   * have. Never rejects.
   */
  next(delivery: Delivery, container: ContainerConfig<ActionFacts> | undefined): Promise<Sightings>;
}

const why = 'it was not looked at';
const UNSEEN = { kind: 'blind', why, remedy: 'see the log for a bug of hookkeeper' } as const;
const NOTHING_SEEN: Sightings = { process: UNSEEN, api: UNSEEN, sockets: UNSEEN };

/** Makes the looks; `signal` ends those that are under way. */
export function createEvidenceLooks(evidence: Evidence, signal: AbortSignal): EvidenceLooks {
  const last = new Map<string, { readonly look: Promise<Sightings>; begun: boolean }>();

  /** The look begins when the one before is over, and in no case in this turn: who comes together looks together. */
  function ask(container: ContainerConfig<ActionFacts>): Promise<Sightings> {
    const { name } = container;
    const before = last.get(name);
    if (before?.begun === false) return before.look;
    const begin = () => {
      asked.begun = true;
      return evidence.look(container, signal).catch(() => NOTHING_SEEN);
    };
    const look = (before?.look ?? Promise.resolve()).then(begin);
    const asked = { look, begun: false };
    last.set(name, asked);
    void look.then(() => {
      if (last.get(name) === asked) last.delete(name);
    });
    return look;
  }

  return {
    next: ({ key }, container) =>
      container === undefined || key !== undefined ? Promise.resolve(NOTHING_SEEN) : ask(container),
  };
}
