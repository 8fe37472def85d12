/** How hosts are connected to: so that one which cannot be reached, or is slow, keeps nobody from another. */
import type { LookupAddress, LookupOptions } from 'node:dns';

type LookupEnd = [error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number];
type Callback = (...end: LookupEnd) => void;

/**
 * Of a host with several addresses, such as `localhost`, each but the last is tried for so long, in ms. Node's own 250 ms are over
 * where a container at its CPU limit gets no turn for as long, and before the kernel sends again what was lost, after a second: an
 * app that listens at the first address alone was not reached then. Shorter than any look.
 */
const NEXT_ADDRESS_MS = 1500;

const IPV4: LookupAddress = { address: '127.0.0.1', family: 4 };
const IPV6: LookupAddress = { address: '::1', family: 6 };

/** Who waits for the answer to a question that was asked already. */
const waiting = new Map<string, Callback[]>();

/**
 * Looks up a host name as Node.js does, which has two threads for it, and cannot break it off: while the cluster's DNS is silent, a
 * name that is tried again takes both, for a minute. So each name is asked for once at a time, and `localhost` never: a pod's own
 * ports are reached all the same.
 */
function lookup(host: string, options: LookupOptions, callback: Callback): void {
  if (host.toLowerCase() === 'localhost') {
    if (options.all === true) process.nextTick(callback, null, [IPV4, IPV6]);
    else process.nextTick(callback, null, IPV4.address, IPV4.family);
    return;
  }
  const question = JSON.stringify([host, options]);
  const others = waiting.get(question);
  if (others !== undefined) {
    others.push(callback);
    return;
  }
  const callbacks = [callback];
  waiting.set(question, callbacks);
  process.getBuiltinModule('node:dns').lookup(host, options, (...end: LookupEnd) => {
    waiting.delete(question);
    for (const each of callbacks) each(...end);
  });
}

/** For `net.connect`, and all that calls it. */
export const REACH = { autoSelectFamilyAttemptTimeout: NEXT_ADDRESS_MS, lookup };
