/**
 * How long a run may take, from all that says something of the pod's grace: pure. The API server knows the grace that is in
 * force (kubelet contract, section 7); a header stands beside the hook in the manifest; the environment and the file are what
 * people copied from there. A postStart has no grace: the kubelet gives it any time.
 */
import type { GraceConfig, HookConfig, HookName } from '../config/config.ts';
import { parseGrace } from '../config/grace.ts';
import type { ActionFacts } from '../config/task-kind.ts';
import type { RunGrace } from '../journal/entry.ts';
import type { PodReading } from './pod-facts.ts';
import { seconds } from './sentence.ts';

/** What is told of the grace beside the config, in ms. */
export interface ToldGrace {
  readonly headerMs?: number | undefined;
  readonly apiMs?: number | undefined;
}

/**
 * The grace of a hook. A preStop has the pod's, unless the hook's own `timeout` is shorter than its working time: then the
 * rest is reserve. A postStart has its `timeout`.
 */
export function graceOf(
  hook: HookName,
  config: Pick<HookConfig<ActionFacts>, 'timeoutMs'>,
  grace: GraceConfig,
  { headerMs, apiMs }: ToldGrace = {},
): RunGrace {
  const { timeoutMs } = config;
  if (hook === 'postStart') {
    return { source: 'postStart.timeout', graceMs: timeoutMs ?? grace.periodMs, reserveMs: 0 };
  }
  const configured = { source: grace.source, graceMs: grace.periodMs };
  const believed = headerMs === undefined ? configured : ({ source: 'header', graceMs: headerMs } as const);
  const told = apiMs === undefined ? believed : ({ source: 'api', graceMs: apiMs, toldByApi: true } as const);
  const other = [believed, configured].find(({ graceMs }) => graceMs !== told.graceMs);
  const { graceMs } = told;
  const workMs = graceMs - reserveOf(graceMs, grace);
  const whole = { ...told, reserveMs: graceMs - workMs, ...(other === undefined ? {} : { insteadOf: other }) };
  if (timeoutMs === undefined || timeoutMs >= workMs) return whole;
  return { ...whole, source: 'preStop.timeout', reserveMs: graceMs - timeoutMs };
}

/** What the kubelet leaves an app between SIGTERM and SIGKILL, however little of the grace is left (kubelet contract, section 4). */
const SURE_MS = 2000;

/**
 * The reserve of a grace that may be shorter than the configured one, for which it was chosen. Then tasks have at least half
 * of it, or the share that they have of the configured one where that is less. They have nine tenths of its first 2 s in any
 * case: with a grace of 1 s, as after a forced deletion, a critical task can be done, and the app still has the kubelet's 2 s.
 */
function reserveOf(graceMs: number, { periodMs, reserveMs }: GraceConfig): number {
  if (graceMs >= periodMs) return reserveMs;
  const share = Math.min(0.5, (periodMs - reserveMs) / periodMs);
  const leastWorkMs = Math.max(graceMs * share, 0.9 * Math.min(graceMs, SURE_MS));
  return Math.min(reserveMs, Math.floor(graceMs - leastWorkMs));
}

/** What a delivery's Hookkeeper-Grace says; or why it is passed over, which never fails the hook. */
export function headerGrace(hook: HookName, header: string | undefined): { graceMs?: number; ignored?: string } {
  if (header === undefined) return {};
  const passedOver = (why: string) => ({ ignored: `its Hookkeeper-Grace is passed over: ${why}` });
  if (hook === 'postStart') return passedOver('a postStart has no grace, but a timeout in the config');
  const parsed = parseGrace(header.trim());
  if (parsed.ok) return { graceMs: parsed.ms };
  return passedOver(`it ${parsed.rule}: value is ${JSON.stringify(header.slice(0, 40))}, ${parsed.remedy}`);
}

/** The grace of a pod whose object is gone already, in ms: it was deleted by force (kubelet contract, section 4). */
const FORCED_MS = 1000;

/**
 * The grace that a reading of the pod tells, in ms, counted from the kubelet's delivery; undefined when it tells none. The
 * kubelet counts its own whole grace from when it begins, also after a restart and long after the deletion (kubelet contract,
 * sections 3, 4 and 7), so that deletionTimestamp, even one in the past, shortens nothing for it. It does for a call of anybody
 * else, who has started no clock: `leftMs` after that call the pod's own may run out.
 */
export function apiGraceMs(reading: PodReading, caller: 'kubelet' | 'other', atMs: number): number | undefined {
  if (reading.kind === 'gone') return FORCED_MS;
  if (reading.kind === 'unknown' || reading.pod.deletion === undefined) return undefined;
  const { graceMs, deadlineEpochMs } = reading.pod.deletion;
  const leftMs = deadlineEpochMs - atMs;
  const least = Math.max(graceMs, FORCED_MS);
  return caller === 'other' && leftMs >= FORCED_MS ? Math.min(least, leftMs) : least;
}

/** What has to be said of a grace that is not the one people believe in; undefined when nothing has. */
export function graceNote({ source, graceMs, insteadOf }: RunGrace): string | undefined {
  if (insteadOf === undefined) return undefined;
  const relation = graceMs < insteadOf.graceMs ? 'shorter' : 'longer';
  const by = source === 'preStop.timeout' ? '' : ` by ${source}`;
  return `the grace is ${seconds(graceMs)}${by}, ${relation} than the ${seconds(insteadOf.graceMs)} of ${insteadOf.source}`;
}
