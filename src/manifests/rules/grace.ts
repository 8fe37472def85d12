/** Whether the pod's grace period is what the config and its plans count on. */
import { hookBudget, limitMs } from '../../config/budget.ts';
import { DEFAULTS } from '../../config/defaults.ts';
import { formatDuration } from '../../config/duration.ts';
import { parseGrace } from '../../config/grace.ts';
import { variableOf } from '../container.ts';
import type { Part } from '../part.ts';
import { httpCallsToUs, type PodView } from '../pod-view.ts';
import { type Broken, lines, type Rule } from '../rule.ts';

/** The pod's own grace period, in ms. */
function podGraceMs(spec: Part): number {
  const seconds = spec.at('terminationGracePeriodSeconds').number;
  return seconds === undefined ? DEFAULTS.grace.periodMs : seconds * 1000;
}

/** What Hookkeeper counts on where no hook says more; undefined where it can't be known. */
function countedOn({ sidecar, hooks }: PodView): number | undefined {
  const known = sidecar === undefined || variableOf(sidecar.part, 'HOOKKEEPER_GRACE_PERIOD').state !== 'unknown';
  return known ? hooks?.config.grace.periodMs : undefined;
}

interface Count {
  readonly ms: number;
  /** The `Hookkeeper-Grace` that says so; undefined: no hook does. */
  readonly header: Part | undefined;
}

/** What each preStop counts on: its own header has the first say, and one that makes no sense is passed over. */
function countsOf(view: PodView): Count[] {
  const countedMs = countedOn(view);
  const counted: Count[] = countedMs === undefined ? [] : [{ ms: countedMs, header: undefined }];
  const preStops = httpCallsToUs(view).filter(({ hook }) => hook === 'preStop');
  if (preStops.length === 0) return counted;
  return preStops.flatMap(({ httpGet }) => {
    const headers = httpGet.at('httpHeaders').items();
    const header = headers.find((item) => /^hookkeeper-grace$/i.test(item.at('name').text ?? ''))?.at('value');
    const parsed = parseGrace((header?.text ?? '').trim());
    return parsed.ok ? [{ ms: parsed.ms, header }] : counted;
  });
}

function graceLines(ms: number): string {
  return `terminationGracePeriodSeconds: ${Math.ceil(ms / 1000)}`;
}

const shorter: Rule = {
  code: 'grace-shorter',
  severity: 'error',
  rule: "The pod's `terminationGracePeriodSeconds` is not shorter than the grace period that Hookkeeper counts on.",
  reason:
    'Hookkeeper cannot see it: it would plan with time that is not there, and SIGKILL would come in the middle of a task.',
  find: (view) => {
    const { spec } = view;
    const graceMs = podGraceMs(spec);
    const [count] = countsOf(view).toSorted((one, other) => other.ms - one.ms);
    if (count === undefined || graceMs >= count.ms) return [];
    const { source } = view.hooks?.config.grace ?? {};
    const said = source === 'environment' ? 'HOOKKEEPER_GRACE_PERIOD' : 'grace.period';
    const says = count.header === undefined ? said : 'Hookkeeper-Grace';
    const counted = source === 'default' && count.header === undefined ? 'by default' : `as ${says} says`;
    const message = `the pod has ${formatDuration(graceMs)} to stop, and Hookkeeper counts on ${formatDuration(count.ms)}, ${counted}`;
    return [{ place: spec.at('terminationGracePeriodSeconds').keyPlace(), message, fix: graceLines(count.ms) }];
  },
};

const longer: Rule = {
  code: 'grace-longer',
  severity: 'warning',
  rule: "The pod's `terminationGracePeriodSeconds` is not longer than the grace period that Hookkeeper counts on.",
  reason:
    'Tasks are cut short or shed though there is time: Hookkeeper has to be told of it, as no container sees it by itself.',
  find: (view) => {
    const { spec, sidecar } = view;
    const graceMs = podGraceMs(spec);
    const [count] = countsOf(view).toSorted((one, other) => one.ms - other.ms);
    if (count === undefined || graceMs <= count.ms) return [];
    const message = `the pod has ${formatDuration(graceMs)} to stop, and Hookkeeper counts on ${formatDuration(count.ms)} only`;
    const { header } = count;
    if (header !== undefined) {
      const fix = lines('httpHeaders:', '  - name: Hookkeeper-Grace', `    value: ${graceMs / 1000}s`);
      return [{ place: header.keyPlace(), message, fix }];
    }
    const fix = lines(
      `# env of ${sidecar?.name ?? 'hookkeeper'}`,
      '- name: HOOKKEEPER_GRACE_PERIOD',
      `  value: "${graceMs / 1000}"`,
    );
    return [{ place: spec.at('terminationGracePeriodSeconds').keyPlace(), message, fix }];
  },
};

const plan: Rule = {
  code: 'grace-plan',
  severity: 'error',
  rule: "The worst case of each preStop fits into the pod's grace period minus the reserve.",
  reason:
    'What does not fit is cut short or shed. An error where even the critical tasks alone do not fit, else a warning.',
  find: (view) => {
    const { hooks, spec } = view;
    const countedMs = countedOn(view);
    const periodMs = podGraceMs(spec);
    // With as much time as is counted on, the config's own check has said it.
    if (hooks === undefined || countedMs === undefined || periodMs >= countedMs) return [];
    const { grace, containers } = hooks.config;
    return [...containers.values()].flatMap(({ name, preStop }): Broken[] => {
      if (preStop === undefined) return [];
      const reserveMs = Math.min(grace.reserveMs, periodMs);
      const budget = hookBudget(preStop, Math.max(0, limitMs('preStop', preStop, { ...grace, periodMs, reserveMs })));
      if (budget.worstMs <= budget.limitMs) return [];
      const critical = budget.criticalMs > budget.limitMs;
      const needsMs = critical ? budget.criticalMs : budget.worstMs;
      const who = critical
        ? `the critical tasks of preStop of ${name} need`
        : `the tasks of preStop of ${name} need up to`;
      const message = `${who} ${formatDuration(needsMs)}, and the pod's ${formatDuration(periodMs)} leave ${formatDuration(budget.limitMs)}`;
      const fix = graceLines(Math.max(countedMs, needsMs + grace.periodMs - limitMs('preStop', preStop, grace)));
      const severity = critical ? 'error' : 'warning';
      return [{ place: spec.at('terminationGracePeriodSeconds').keyPlace(), message, fix, severity }];
    });
  },
};

const ofProbe: Rule = {
  code: 'grace-probe',
  severity: 'warning',
  rule: "A probe's `terminationGracePeriodSeconds` is not shorter than the grace period that Hookkeeper counts on.",
  reason:
    "When such a probe fails, its own grace is the preStop's time, and the container is killed when that is over.",
  find: (view) => {
    const countedMs = countedOn(view);
    if (countedMs === undefined) return [];
    return [...(view.hooks?.config.containers.values() ?? [])].flatMap(({ name, preStop }) => {
      const container = preStop && view.containers.find((each) => each.name === name);
      return ['livenessProbe', 'startupProbe'].flatMap((probe): Broken[] => {
        const grace = container?.part.at(probe, 'terminationGracePeriodSeconds');
        if (grace?.number === undefined || grace.number * 1000 >= countedMs) return [];
        const message = `${probe} of ${name} leaves its preStop ${grace.number}s, and Hookkeeper counts on ${formatDuration(countedMs)}`;
        return [{ place: grace.keyPlace(), message, fix: graceLines(countedMs) }];
      });
    });
  },
};

export const graceRules: readonly Rule[] = [shorter, longer, plan, ofProbe];
