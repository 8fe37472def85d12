import type { Logger } from 'pino';
import { type Clock, wait } from '../hooks/clock.ts';
import type { Deliveries } from '../hooks/delivery.ts';

/** Where the service is in its own life. */
export type ServiceState =
  | { readonly state: 'serving' }
  /** Told to end; hooks are still served until no run is being executed. */
  | { readonly state: 'finishing'; readonly signal: string }
  | { readonly state: 'stopping' };

/** The end of the service. */
export interface Ending {
  current(): ServiceState;
  /** Resolves with the exit code when nothing is left to do. Never rejects. */
  readonly over: Promise<number>;
}

/** Children get SIGKILL at once on a second signal; they are not waited for longer than this, in ms. */
const ABORT_MS = 500;

/** What the signals of a process are heard on. */
export interface SignalSource {
  on(signal: 'SIGTERM' | 'SIGINT', listener: (signal: string) => void): unknown;
}

/** Ends the service on SIGTERM or SIGINT when no run is being executed any more; on a second one at once, with 1. */
export function endOnSignals(input: {
  readonly deliveries: Deliveries;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly signals: SignalSource;
}): Ending {
  const { deliveries, logger, clock, signals } = input;
  const { promise: over, resolve } = Promise.withResolvers<number>();
  let state: ServiceState = { state: 'serving' };

  async function finish(signal: string): Promise<void> {
    state = { state: 'finishing', signal };
    const runs = deliveries.active();
    const first = runs === 0 ? 'no run is being executed' : `what is being executed is finished first (${runs})`;
    logger.info({ signal, runs }, `${signal}: ${first}`);
    await deliveries.idle();
    if (state.state !== 'finishing') return;
    state = { state: 'stopping' };
    resolve(0);
  }

  async function stopAtOnce(signal: string): Promise<void> {
    state = { state: 'stopping' };
    logger.warn(
      { signal, runs: deliveries.active() },
      `a second ${signal}: what runs is broken off, and is interrupted`,
    );
    const patience = new AbortController();
    await Promise.race([deliveries.abort(`a second ${signal} came`), wait(clock, ABORT_MS, patience.signal)]);
    patience.abort();
    resolve(1);
  }

  const onSignal = (signal: string) => {
    if (state.state === 'serving') void finish(signal);
    else if (state.state === 'finishing') void stopAtOnce(signal);
  };
  signals.on('SIGTERM', onSignal);
  signals.on('SIGINT', onSignal);
  return { current: () => state, over };
}
