import { join } from 'node:path';
import { type ConnectionFilter, type ConnectionLook, lookAtConnections, REMEMBERED } from './connection-look.ts';
import { openSocketCounter } from './socket-counter.ts';

type GoodLook = ConnectionLook & { readonly ok: true };

/** One of the kernel's two tables, what was last seen in it, and the count that tells when that is no longer true. */
export interface TableWatch {
  /** The last look; before the first one, nothing. */
  last(): GoodLook;
  /** Reads the count of sockets, on which the next three stand. */
  poll(): void;
  /** The count of sockets of all ports; undefined where the system does not tell. */
  sockets(): number | undefined;
  /** Whether the ports have, or may get, connections in this table. */
  isOfUse(): boolean;
  /** Whether sockets began or ended since the last look, and may be of our ports. */
  hasChanged(): boolean;
  /** How many connections are left, as far as the count tells: seldom fewer than that. */
  estimate(): number;
  /** Looks. Gives what is wrong with the table. Never rejects. */
  look(signal: AbortSignal): Promise<string | undefined>;
  /** Whether the last look saw a connection, not one of `own`, that the look before has not seen. */
  hasNew(own: ReadonlySet<number>): boolean;
  close(): void;
}

/** From so many looks it is known how many sockets there are beside the connections. */
const SAMPLES = 8;

const NOTHING: GoodLook = {
  ok: true,
  count: 0,
  sockets: 0,
  closing: false,
  connections: new Map(),
  own: new Set(),
  listening: false,
  costMs: 0,
};

/** `folder` is `/proc/net`. */
export function watchTable(folder: string, version: '4' | '6', filter: ConnectionFilter): TableWatch {
  const suffix = version === '6' ? '6' : '';
  const counter = openSocketCounter(join(folder, `sockstat${suffix}`), `TCP${suffix}`);
  let last = NOTHING;
  let previous: GoodLook | undefined;
  let sockets: number | undefined;
  let socketsThen: number | undefined;
  let others: readonly number[] = [];
  const isOfUse = () => last.listening || last.connections.size > 0;
  const hasChanged = () => sockets !== socketsThen && isOfUse();
  return {
    last: () => last,
    poll() {
      sockets = counter.read();
    },
    sockets: () => sockets,
    isOfUse,
    hasChanged,
    estimate() {
      if (sockets === undefined || !hasChanged()) return last.count;
      // The fewest there were: one of theirs that comes and goes must not look like the end of one of ours.
      const ours = Math.max(0, sockets - Math.min(...others));
      return last.count === 0 ? ours : Math.ceil((ours * last.count) / last.sockets);
    },
    async look(signal) {
      const before = counter.read();
      const look = await lookAtConnections(join(folder, `tcp${suffix}`), filter, signal);
      if (!look.ok) return look.reason;
      const after = counter.read();
      previous = previous === undefined ? look : last;
      last = look;
      // The larger one: what ended within the look is then taken for what ended after it, and is looked at again.
      socketsThen = before === undefined || after === undefined ? undefined : Math.max(before, after);
      sockets = after;
      if (socketsThen !== undefined) others = [socketsThen - look.sockets, ...others].slice(0, SAMPLES);
      return undefined;
    },
    hasNew(own) {
      const known = previous?.connections;
      if (known === undefined || known.size >= REMEMBERED) return false;
      for (const key of last.connections.keys()) if (!known.has(key) && !own.has(key)) return true;
      return false;
    },
    close: counter.close,
  };
}
