import type { HookName } from '../../src/config/config.ts';
import type { RunOutcome, RunRecord } from '../../src/journal/entry.ts';

interface Facts {
  readonly incarnation: string;
  readonly sequence: number;
  /** First and last delivery, and the end. */
  readonly atMs: number;
  readonly outcome?: RunOutcome;
  readonly instance?: string;
}

function facts(hook: HookName, { incarnation, sequence, atMs }: Facts) {
  return {
    id: `run-${sequence}`,
    sequence,
    hook,
    container: 'app',
    incarnation: { id: incarnation, evidence: 'sequence', why: 'a test says so' },
    configDigest: 'abcdef012345',
    traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
    firstDeliveryAtMs: atMs,
    lastDeliveryAtMs: atMs,
    deliveries: 1,
    deadline: { source: 'config', graceMs: 30_000, reserveMs: 5000 },
    tasks: [],
  } as const;
}

export const running = (hook: HookName, about: Facts): RunRecord => ({
  ...facts(hook, about),
  state: 'running',
  instance: about.instance ?? 'first',
});

export const interrupted = (hook: HookName, about: Facts): RunRecord => ({
  ...facts(hook, about),
  state: 'interrupted',
});

export const ended = (hook: HookName, about: Facts): RunRecord & { state: 'ended' } => ({
  ...facts(hook, about),
  state: 'ended',
  outcome: about.outcome ?? 'succeeded',
  reason: null,
  endedAtMs: about.atMs,
  durationMs: 0,
  remainingMs: 25_000,
});
