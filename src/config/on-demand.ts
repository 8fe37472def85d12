/**
 * Keeps what `make` gives for as long as anybody else does, and makes it again when it is asked for after that. For the parts
 * of the config's schema: together they take more memory than all else that waits for hooks, and a config is seldom read.
 */
export function onDemand<T extends object>(make: () => T): () => T {
  let known: WeakRef<T> | undefined;
  return () => {
    const kept = known?.deref();
    if (kept !== undefined) return kept;
    const made = make();
    known = new WeakRef(made);
    return made;
  };
}
