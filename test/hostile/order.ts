/** What a hostile process is told. */
export interface Order {
  /**
   * `malformed`: bad requests. `left`: connections that never have a whole one. `ask`: `texts`, each on a connection of its own,
   * until the answer comes. `hold`: the same, and the answer is not read.
   */
  readonly attack: 'malformed' | 'left' | 'ask' | 'hold';
  readonly port: number;
  readonly opsPort: number;
  /** How much of it goes to the ops port, from 0 to 1. */
  readonly opsShare: number;
  /** Connections in all. */
  readonly count: number;
  /** Connections at a time. */
  readonly parallel: number;
  readonly seed: number;
  /** From how many addresses it calls, and the last number of the first: 1 is 127.0.0.1, which is the honest caller's, too. */
  readonly addresses: number;
  readonly firstAddress: number;
  /** How long a connection is left open, in ms. */
  readonly heldMs: number;
  /** The requests of `ask` and `hold`. */
  readonly texts: readonly string[];
  /** It ends by then whatever is left to send, in ms. */
  readonly boundMs: number;
}

/** What came of it. */
export interface Spoils {
  requests: number;
  connections: number;
  /** Connections on which something came back. */
  answered: number;
  /** Connections on which nothing came back, or nothing was read. */
  silent: number;
  /** Connections that could not be made. */
  failed: number;
  /** Answers that hold what no stranger may have: the outcome of a run, a stream of the status. */
  shown: number;
}
