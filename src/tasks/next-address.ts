/**
 * Of a host with several addresses, such as `localhost`, each but the last is tried for so long, in ms. Node's own 250 ms are over
 * where a container at its CPU limit gets no turn for as long, and before the kernel sends again what was lost, after a second: an
 * app that listens at the first address alone was not reached then. Shorter than any look.
 */
export const NEXT_ADDRESS_MS = 1500;
