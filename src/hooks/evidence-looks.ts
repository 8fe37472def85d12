/**
 * The looks at the evidence, one at a time for each container: who comes in the middle of one gets the next, so that nobody is
 * told what was true before it came, and a thousand at once cost two looks (P9).
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
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
  /** The ends of the turns in which a look began. */
  const turns = new Map<string, Promise<void>>();
  const last = new Map<string, { readonly look: Promise<Sightings>; begun: boolean }>();

  /**
   * The look begins when the one before is over, and not in the same turn of the event loop, so that all who have arrived by then
   * share it: a look reads /proc without waiting for anything, and one for each of them would hold up all.
   */
  function ask(container: ContainerConfig<ActionFacts>): Promise<Sightings> {
    const { name } = container;
    const before = last.get(name);
    if (before?.begun === false) return before.look;
    const begin = () => {
      asked.begun = true;
      const turn = nextTurn().then(() => {
        if (turns.get(name) === turn) turns.delete(name);
      });
      turns.set(name, turn);
      return evidence.look(container, signal).catch(() => NOTHING_SEEN);
    };
    const look = (before?.look ?? Promise.resolve()).then(() => turns.get(name)).then(begin);
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
