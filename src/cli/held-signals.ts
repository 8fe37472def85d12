import type { SignalSource } from './ending.ts';

type Listener = Parameters<SignalSource['on']>[1];

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/**
 * Hears signals from now on and keeps them until somebody listens: a start may wait for a slow disk, and the kernel drops a
 * SIGTERM that PID 1 does not listen to, so that the pod would wait for its whole grace.
 */
export function holdSignals(source: SignalSource): SignalSource {
  const listeners = new Map<string, Listener>();
  const held = new Set<string>();
  for (const signal of SIGNALS) {
    source.on(signal, () => {
      const listener = listeners.get(signal);
      if (listener === undefined) held.add(signal);
      else listener();
    });
  }
  return {
    on(signal, listener) {
      listeners.set(signal, listener);
      if (held.delete(signal)) listener();
    },
  };
}
