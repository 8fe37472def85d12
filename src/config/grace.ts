/** How long the pod has: from the environment, the file, or the default. */
import type { GraceConfig } from './config.ts';
import { DEFAULTS } from './defaults.ts';
import { formatDuration, type ParsedDuration, parseDuration } from './duration.ts';
import type { Finding } from './finding.ts';
import { type Problem, showValue } from './problem.ts';
import type { WrittenGrace } from './schema.ts';

const PERIOD = 'HOOKKEEPER_GRACE_PERIOD';
const RESERVE = 'HOOKKEEPER_GRACE_RESERVE';

/** The environment variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

export interface ResolvedGrace {
  /** Undefined when what there is makes no sense. */
  readonly grace: GraceConfig | undefined;
  /** What is wrong in the environment. */
  readonly problems: readonly Problem[];
  /** What is wrong in the file. */
  readonly findings: readonly Finding[];
}

/** The kubelet counts in whole seconds, and gives a pod that is deleted by force 1 s (kubelet contract, section 4). */
const LEAST_GRACE_MS = 1000;

/** With less working time than this, in ms, hardly anything can be done. */
const LEAST_WORK_MS = 1000;

type Variable = { readonly ms: number | undefined } | { readonly problem: Problem };

/**
 * Settles the grace. The environment wins over the file. HOOKKEEPER_GRACE_PERIOD may also be a whole number without a unit,
 * which is taken as seconds: people copy it from `terminationGracePeriodSeconds`. `written` is undefined when the file's
 * `grace` could not be understood.
 */
export function resolveGrace(written: WrittenGrace | undefined, env: Environment): ResolvedGrace {
  const period = readVariable(PERIOD, env, true);
  const reserve = readVariable(RESERVE, env, false);
  const problems = [period, reserve].flatMap((variable) => ('problem' in variable ? [variable.problem] : []));
  if ('problem' in period || 'problem' in reserve || written === undefined) {
    return { grace: undefined, problems, findings: [] };
  }
  const periodMs = period.ms ?? written.periodMs ?? DEFAULTS.grace.periodMs;
  const reserveMs = reserve.ms ?? written.reserveMs ?? DEFAULTS.grace.reserveMs;
  const source = period.ms !== undefined ? 'environment' : written.periodMs !== undefined ? 'config' : 'default';
  const grace = reserveMs < periodMs ? ({ periodMs, reserveMs, source } as const) : undefined;
  if (periodMs - reserveMs >= LEAST_WORK_MS) return { grace, problems, findings: [] };
  const whole = `the grace period of ${formatDuration(periodMs)}${period.ms === undefined ? '' : `, which ${PERIOD} says`}`;
  const told = {
    severity: grace === undefined ? 'error' : 'warning',
    rule: grace === undefined ? `must be less than ${whole}` : `should leave tasks at least 1s of ${whole}`,
    value: formatDuration(reserveMs),
    remedy: `shorten the reserve, or raise terminationGracePeriodSeconds and ${period.ms === undefined ? 'the grace period' : PERIOD}`,
  } as const;
  return reserve.ms === undefined
    ? { grace, problems, findings: [{ ...told, path: ['grace', 'reserve'], part: 'value' }] }
    : { grace, problems: [environmentProblem(RESERVE, told)], findings: [] };
}

function readVariable(name: string, env: Environment, bareSeconds: boolean): Variable {
  const text = env[name];
  // Templates write an empty value for one that nobody gave.
  if (text === undefined || text === '') return { ms: undefined };
  const parsed = bareSeconds ? parseGrace(text) : parseDuration(text);
  if (parsed.ok) return { ms: parsed.ms };
  const { rule, remedy } = parsed;
  return { problem: environmentProblem(name, { severity: 'error', rule, value: showValue(text, []), remedy }) };
}

/**
 * A grace period as people write it outside of the file: a duration of at least 1 s, or a whole number of seconds, as
 * `terminationGracePeriodSeconds` has it.
 */
export function parseGrace(text: string): ParsedDuration {
  const parsed = parseDuration(/^[0-9]{1,6}$/.test(text) ? `${text}s` : text);
  if (!parsed.ok || parsed.ms >= LEAST_GRACE_MS) return parsed;
  return { ok: false, rule: 'must be at least 1s', remedy: 'write a longer duration' };
}

function environmentProblem(path: string, told: Pick<Problem, 'severity' | 'rule' | 'value' | 'remedy'>): Problem {
  return { file: 'environment', line: undefined, column: undefined, path, ...told };
}
