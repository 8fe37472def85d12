import type { Child, Exit } from '../../src/rehearse/child.ts';

/** A process that is none: `onSignal` says what a signal does to it while it lives. */
export function fakeChild(onSignal: (signal: NodeJS.Signals, exit: (how: Exit) => void) => void): Child {
  const { promise, resolve } = Promise.withResolvers<Exit>();
  let ended = false;
  const exit = (how: Exit) => {
    ended = true;
    resolve(how);
  };
  return {
    pid: undefined,
    exited: promise,
    lines: () => [],
    onLine: () => () => {},
    kill(signal) {
      if (!ended) onSignal(signal, exit);
    },
  };
}
