/**
 * Whether a container's app is there, seen from outside: the port for what has to outlive it. The same sources tell as tell
 * lives apart: the processes in a shared PID namespace, the pod's status, the listening sockets.
 */

/** What one look saw. The reason is a sentence without a subject, with its source: `its process node (PID 7) is there`. */
export type AppPresence =
  | { readonly kind: 'alive'; readonly why: string }
  /** It was there, or should be, and certainly is not: a source that would see it does not. */
  | { readonly kind: 'gone'; readonly why: string }
  /** No source can tell; `why` says what each of them lacks. */
  | { readonly kind: 'unknown'; readonly why: string };

export interface AppWatch {
  /** Looks once at the app of a container, by its name in the config. Never rejects; bounded by itself to a few hundred ms. */
  look(container: string, signal: AbortSignal): Promise<AppPresence>;
}
