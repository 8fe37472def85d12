import { wait } from '../hooks/clock.ts';
import { type Instance, nameOf } from './container-runtime.ts';
import type { WorkerInput } from './pod-work.ts';

/** Probes a native sidecar until its startupProbe succeeds, it has ended, or it is wanted no more. */
export async function untilProbed(
  { clock, kubelet, death, wish, tell }: WorkerInput,
  instance: Instance,
): Promise<void> {
  const { startupProbe } = instance.spec;
  if (startupProbe === undefined) return;
  const { httpGet, periodMs } = startupProbe;
  while (instance.end === undefined && !death.aborted && wish().kind === 'run') {
    const { kind } = await kubelet.probe(httpGet);
    if (kind === 'success') {
      tell({ ...nameOf(instance), type: 'startupProbeSucceeded' });
      return;
    }
    await wait(clock, periodMs, death);
  }
}
