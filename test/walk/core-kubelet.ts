import type { Clock } from '../../src/hooks/clock.ts';
import type { Delivery } from '../../src/hooks/delivery.ts';
import type { HookCall, HookResult, SimulatedKubelet } from '../../src/rehearse/simulated-kubelet.ts';
import type { CoreSidecar } from './core-sidecar.ts';

export interface CoreKubeletInput {
  readonly clock: Clock;
  /** The sidecar that listens now. */
  readonly sidecar: () => CoreSidecar | undefined;
  /** The life of the app that runs now. */
  readonly life: () => number;
  /** The key that a delivery carries. */
  readonly key: (life: number) => string | undefined;
}

type Ending =
  | { readonly kind: 'success' }
  | { readonly kind: 'failure'; readonly error: string }
  | { readonly kind: 'kubeletDied' };

/** A kubelet without a wire: its hooks reach the core of a walk as the HTTP edge would hand them on. */
export function coreKubelet({ clock, sidecar, life, key }: CoreKubeletInput): SimulatedKubelet {
  const death = Promise.withResolvers<Ending>();
  const gone = new AbortController();

  async function call({ hook, container }: HookCall): Promise<Ending> {
    const now = sidecar();
    if (now === undefined) return { kind: 'failure', error: 'connect: connection refused' };
    const delivery: Delivery = {
      hook,
      container,
      caller: 'kubelet',
      key: key(life()),
      atMs: clock.epochMs(),
      gone: gone.signal,
    };
    const lost = now.child.exited.then((): Ending => ({ kind: 'failure', error: 'EOF' }));
    return Promise.race([
      lost,
      now.deliver(delivery, life()).then(({ result }): Ending => {
        const good = result?.kind === 'ended' && result.run.outcome === 'succeeded';
        return good ? { kind: 'success' } : { kind: 'failure', error: 'the answer of a failed run' };
      }),
    ]);
  }

  async function runHook(wanted: HookCall): Promise<HookResult> {
    const [startedAtMs, startMs] = [clock.epochMs(), clock.monotonicMs()];
    const over = Promise.withResolvers<'graceOver'>();
    const cancel = wanted.hook === 'preStop' ? clock.after(wanted.graceMs, () => over.resolve('graceOver')) : undefined;
    const end = Promise.race([death.promise, call(wanted)]);
    const first = await Promise.race([end, over.promise]);
    cancel?.();
    const facts = { hook: wanted.hook, startedAtMs, durationMs: clock.monotonicMs() - startMs };
    if (first === 'graceOver') return { ...facts, kind: 'graceOver', late: end.then(wired) };
    return { ...facts, ...wired(first) };
  }

  return {
    runHook,
    probe: async () =>
      sidecar() === undefined
        ? { kind: 'failure', output: 'connect: connection refused' }
        : { kind: 'success', status: 200, body: '' },
    die() {
      gone.abort();
      death.resolve({ kind: 'kubeletDied' });
    },
  };
}

function wired(ending: Ending) {
  switch (ending.kind) {
    case 'success':
      return { ...ending, status: 200, headers: new Map<string, readonly string[]>(), body: '', requests: 1 };
    case 'failure':
      return { ...ending, message: ending.error, requests: 1 };
    case 'kubeletDied':
      return ending;
  }
}
