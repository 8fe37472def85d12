import type { Delivery, Result } from '../../src/hooks/delivery.ts';
import type { HookEvent } from '../../src/hooks/event.ts';

/** One execution of a task, as the task itself saw it. */
export interface Execution {
  readonly task: string;
  readonly run: string;
  /** Which process of the sidecar. */
  readonly process: number;
  /** The life of the app whose delivery had it executed: the truth, which the sidecar is not told. */
  readonly life: number;
  readonly atMs: number;
  /** `stopped`: it was told to stop; `lost`: its process died. */
  end: 'going' | 'succeeded' | 'failed' | 'stopped' | 'lost';
}

/** One hook call of the kubelet, or of somebody else, and what it was told. */
export interface Call {
  readonly delivery: Delivery;
  readonly life: number;
  readonly atMs: number;
  readonly process: number;
  /** Undefined while it is open, and for ever where the process died first. */
  result: Result | undefined;
  /** Whether its caller had gone when there was a result. */
  unheard: boolean;
}

/** What is told of a run as it happens, by which process, and when. */
export type Told = HookEvent & { readonly toldAtMs: number; readonly process: number };

/** All that was seen of one walk. Instants are on its clock, in ms. */
export interface WalkRecord {
  readonly executions: Execution[];
  readonly calls: Call[];
  readonly told: Told[];
  /** What went wrong as it happened, in sentences. */
  readonly broken: string[];
}
