import type { ServiceLife } from '../hooks/service-life.ts';

/** The service's life as `/status` shows it: instants on the wall clock, in ms since 1970. */
export interface LifeReport {
  readonly state: ServiceLife['state'];
  /** The signal that told it to end. */
  readonly signal?: string;
  readonly sinceAtMs?: number;
  /** Until when a preStop is waited for, or when what runs is broken off. */
  readonly untilAtMs?: number;
  /** The containers whose preStop can still come. */
  readonly awaited?: readonly string[];
  readonly why?: string;
}

/** What there is to show; the instants of `life` are of `clock`'s monotonic time. */
export function lifeReport(
  life: ServiceLife,
  clock: { readonly epochMs: () => number; readonly monotonicMs: () => number },
): LifeReport {
  const offsetMs = clock.epochMs() - clock.monotonicMs();
  const atMs = (monotonicMs: number) => Math.round(offsetMs + monotonicMs);
  switch (life.state) {
    case 'serving':
      return { state: life.state };
    case 'awaiting': {
      const { state, signal, sinceMs, untilMs, containers } = life;
      return { state, signal, sinceAtMs: atMs(sinceMs), untilAtMs: atMs(untilMs), awaited: containers };
    }
    case 'finishing': {
      const { state, signal, sinceMs, untilMs } = life;
      const told = { state, signal, sinceAtMs: atMs(sinceMs) };
      return untilMs === undefined ? told : { ...told, untilAtMs: atMs(untilMs) };
    }
    case 'stopping':
      return { state: life.state, why: life.why };
  }
}
