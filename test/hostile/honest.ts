import { setTimeout as pause } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { systemClock } from '../../src/hooks/clock.ts';
import { createKubelet } from '../../src/rehearse/simulated-kubelet.ts';
import type { Service } from '../helpers/program.ts';
import type { Broken } from './tally.ts';

/** The container whose hooks the honest caller has. Strangers call others: what they make run can't hide among its runs. */
export const HONEST = 'honest';

/** Between two hooks, and between two probes, in ms. */
const BETWEEN_HOOKS_MS = 50;
const BETWEEN_PROBES_MS = 500;
/** A hook that has 1 ms of work must not take longer, in ms: no grace is that short. */
const LATE_MS = 5000;

export interface HonestCaller {
  /** The lives that were played, each with a postStart and a preStop. */
  readonly lives: () => number;
  /** Ends the calls; what they took, and what went wrong. */
  stop(): Promise<{
    readonly hooksMs: readonly number[];
    readonly probes: number;
    readonly broken: readonly Broken[];
  }>;
}

/** A kubelet that calls the hooks of one container after the other life, and probes, beside whatever goes on. */
export function honestCaller(service: Service, token: string | undefined): HonestCaller {
  const kubelet = createKubelet({ podIP: '127.0.0.1', version: '1.36', clock: systemClock });
  onTestFinished(() => kubelet.die());
  const httpHeaders = token === undefined ? [] : [{ name: 'Authorization', value: `Bearer ${token}` }];
  const hooksMs: number[] = [];
  const broken: Broken[] = [];
  let lives = 0;
  let probes = 0;
  let stopped = false;

  async function call(hook: 'postStart' | 'preStop'): Promise<void> {
    const path = `/${hook.toLowerCase()}/${HONEST}`;
    const target = { container: HONEST, httpGet: { port: service.port, path, httpHeaders } };
    const grace = { hook: 'preStop', graceMs: 40_000 } as const;
    const result = await kubelet.runHook({ ...target, ...(hook === 'preStop' ? grace : { hook }) });
    hooksMs.push(result.durationMs);
    const answered = result.kind === 'success' && result.status === 200;
    if (!answered) broken.push({ promise: 'unanswered', what: `${hook}: ${JSON.stringify(result).slice(0, 300)}` });
    if (result.durationMs > LATE_MS) broken.push({ promise: 'late', what: `${hook}: ${result.durationMs} ms` });
  }

  async function live(): Promise<void> {
    while (!stopped) {
      await call('postStart');
      await call('preStop');
      lives += 1;
      await pause(BETWEEN_HOOKS_MS);
    }
  }

  async function probe(): Promise<void> {
    while (!stopped) {
      const result = await kubelet.probe({ port: service.opsPort, path: '/livez' }, LATE_MS);
      probes += 1;
      if (result.kind === 'failure') broken.push({ promise: 'unanswered', what: `a probe: ${result.output}` });
      await pause(BETWEEN_PROBES_MS);
    }
  }

  const both = Promise.all([live(), probe()]);
  return {
    lives: () => lives,
    async stop() {
      stopped = true;
      await both;
      return { hooksMs, probes, broken };
    },
  };
}
