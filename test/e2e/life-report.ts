import type { PodEvent } from '../../src/rehearse/pod-event.ts';
import type { HookResult } from '../../src/rehearse/simulated-kubelet.ts';
import type { Life } from './life.ts';

/** What one scenario came to. */
export interface LifeReport {
  /** Each hook call: who, and how it was served, or how it ended: `app#0 preStop joined`. */
  readonly deliveries: readonly string[];
  /** How often each task was executed, in all lives together; undos apart. */
  readonly executions: Readonly<Record<string, number>>;
  readonly undos: Readonly<Record<string, number>>;
  /** How the last sidecar ended: its exit code or its signal; undefined while it runs. */
  readonly exit: number | string | null | undefined;
  /** From the deletion, or else from the last preStop, to that end, in ms. */
  readonly exitAfterMs: number | undefined;
  /** From the last preStop to the end of its container, in ms; and the grace of the pod then. */
  readonly graceUsedMs: number | undefined;
}

/** Tasks whose names begin so take something back. */
export const UNDO = 'undo-';

export function reportOf({ events, on }: Life): LifeReport {
  const counts = new Map<string, number>();
  for (const task of on.executions()) counts.set(task, (counts.get(task) ?? 0) + 1);
  const pick = (undo: boolean) => Object.fromEntries([...counts].filter(([name]) => name.startsWith(UNDO) === undo));
  const sent = events.filter((event) => event.type === 'hookSent');
  const sidecar = events.findLast((event) => event.type === 'containerEnded' && event.container === 'hookkeeper');
  const preStop = sent.findLast(({ hook }) => hook === 'preStop');
  const from = events.find(({ type }) => type === 'deleted') ?? preStop;
  const appEnd = events.findLast(
    (event) => event.type === 'containerEnded' && event.container === preStop?.container && event.atMs >= preStop.atMs,
  );
  return {
    deliveries: sent.map((hook) => {
      const end = events.find((event) => event.type === 'hookEnded' && event.delivery === hook.delivery);
      const how = end?.type === 'hookEnded' ? servedAs(end.result) : 'open';
      return `${hook.container}#${hook.restartCount} ${hook.hook} ${how}`;
    }),
    executions: pick(false),
    undos: pick(true),
    exit: sidecar?.type === 'containerEnded' ? (sidecar.exit.signal ?? sidecar.exit.code) : undefined,
    exitAfterMs: between(from, sidecar),
    graceUsedMs: between(preStop, appEnd),
  };
}

function servedAs(result: HookResult): string {
  return result.kind === 'success' ? (result.headers.get('x-hookkeeper-delivery')?.[0] ?? 'answered') : result.kind;
}

function between(from: PodEvent | undefined, to: PodEvent | undefined): number | undefined {
  return from === undefined || to === undefined ? undefined : Math.max(0, to.atMs - from.atMs);
}

/** One line for people who read the output of the tests. */
export function reportLine(name: string, report: LifeReport): string {
  const counted = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts)
      .map(([task, count]) => `${task} ${count}`)
      .join(', ') || 'none';
  const ms = (value: number | undefined) => (value === undefined ? '-' : `${(value / 1000).toFixed(2)} s`);
  return [
    name,
    `    deliveries: ${report.deliveries.join(', ') || 'none'}`,
    `    executions: ${counted(report.executions)}; undos: ${counted(report.undos)}`,
    `    sidecar: exit ${report.exit ?? '-'} after ${ms(report.exitAfterMs)}; grace used: ${ms(report.graceUsedMs)}`,
  ].join('\n');
}
