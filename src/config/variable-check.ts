import type { TaskConfig } from './config.ts';
import { error, type Finding, warning } from './finding.ts';
import type { KnownTask } from './known-hooks.ts';
import type { Path } from './problem.ts';
import { suggest } from './suggest.ts';
import type { ActionFacts, Lookalike } from './task-kind.ts';

interface Use {
  readonly name: string;
  readonly path: Path;
}

/**
 * Finds the captured values that a task of a hook needs, and that no task before it captures. `tasks` are those of the hook that
 * can be understood, `perhaps` the names that the others may capture.
 */
export function checkVariables<A extends ActionFacts>(
  tasks: readonly KnownTask<A>[],
  perhaps: ReadonlySet<string>,
): Finding[] {
  const findings: Finding[] = [];
  const known = new Set<string>();
  const isMissing =
    (from: ReadonlySet<string>) =>
    ({ name }: Pick<Use, 'name'>) =>
      !from.has(name) && !perhaps.has(name);
  // An undo comes when all of them have ended.
  const all = new Set(capturesOf(tasks));
  const withoutHook = new Set(capturesOf(tasks.filter(({ task }) => task.alsoWithoutHook)));
  let step = '';
  let captures: string[] = [];
  for (const { path, task } of tasks) {
    // Tasks of a group run side by side: what one captures comes too late for the others.
    if (stepOf(path) !== step) {
      for (const name of captures) known.add(name);
      captures = [];
      step = stepOf(path);
    }
    captures.push(...(task.action.captures ?? []));
    const below = (key: string) => (use: Use) => ({ name: use.name, path: [...path, key, ...use.path] });
    const uses = [...(task.when?.uses ?? []).map(below('when')), ...(task.action.uses ?? []).map(below(task.kind))];
    const { undo } = task;
    const ofUndo = (undo?.action.uses ?? []).filter(isMissing(all));
    const belowUndo = ['undo', undo?.kind ?? ''];
    findings.push(...ofUndo.map((use) => notCaptured({ ...use, path: [...path, ...belowUndo, ...use.path] }, all)));
    findings.push(...uses.filter(isMissing(known)).map((use) => notCaptured(use, known)));
    if (task.alsoWithoutHook)
      findings.push(
        ...uses.filter(({ name }) => known.has(name) && isMissing(withoutHook)({ name })).map(onlyWithHook),
      );
    if (all.size > 0)
      findings.push(
        ...lookalikesOf(task, path)
          .filter(({ name }) => all.has(name))
          .map(notPutThere),
      );
  }
  return findings;
}

function capturesOf<A extends ActionFacts>(tasks: readonly KnownTask<A>[]): readonly string[] {
  return tasks.flatMap(({ task }) => task.action.captures ?? []);
}

/** Where no preStop came, tasks without `alsoWithoutHook` are skipped, and capture nothing. */
function onlyWithHook({ name, path }: Use): Finding {
  return warning({
    path,
    rule: 'should use only values that a task with alsoWithoutHook captures, as no other is run without a preStop',
    value: `$(${name})`,
    remedy: 'write alsoWithoutHook: true at the task that captures it, too',
  });
}

function lookalikesOf<A extends ActionFacts>({ when, kind, action, undo }: TaskConfig<A>, path: Path): Lookalike[] {
  const parts = [
    { at: ['when'], part: when },
    { at: [kind], part: action },
    { at: ['undo', undo?.kind ?? ''], part: undo?.action },
  ];
  return parts.flatMap(({ at, part }) =>
    (part?.lookalikes?.() ?? []).map((each) => ({ ...each, path: [...path, ...at, ...each.path] })),
  );
}

function notPutThere({ path, written, why, remedy }: Lookalike): Finding {
  return warning({ path, rule: `should not have ${written}, ${why}`, value: undefined, remedy });
}

function stepOf(path: Path): string {
  return JSON.stringify(path.at(-2) === 'parallel' ? path.slice(0, -2) : path);
}

function notCaptured({ name, path }: Use, known: ReadonlySet<string>): Finding {
  const near = suggest(name, [...known]);
  return error({
    path,
    rule: 'must use only values that an earlier task of the hook captures',
    value: `$(${name})`,
    remedy:
      near === undefined
        ? `capture it there, http: {capture: {${name}: $.…}}, or write $$(${name}) if the text itself is meant`
        : `did you mean $(${near})?`,
  });
}
