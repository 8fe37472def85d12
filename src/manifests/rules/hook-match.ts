/** Whether the pod's hooks and the config's are about the same containers. */
import { HOOKS } from '../../config/config.ts';
import { hookPathOf } from '../../config/hook-path.ts';
import { suggest } from '../../config/suggest.ts';
import { hookLines } from '../hook-lines.ts';
import { appContainers, callsToUs, httpCallsToUs, isOnSidecar, nameOf } from '../pod-view.ts';
import { type Broken, lines, type Rule } from '../rule.ts';

const container: Rule = {
  code: 'hook-container',
  severity: 'error',
  rule: "A hook's path names the container that has the hook.",
  reason:
    'Nothing else in the request tells who calls: the tasks of the named container are run, and its life is taken for ended.',
  find: (view) =>
    httpCallsToUs(view).flatMap((call): Broken[] => {
      const { target, container: own, hook } = call;
      const named = target?.container ?? onlyOne([...(view.hooks?.config.containers.keys() ?? [])]);
      if (target?.hook !== hook || named === undefined || named === own.name) return [];
      const message = `${nameOf(call)} runs the tasks of ${named}`;
      return [{ place: call.httpGet.at('path').place(), message, fix: `path: ${hookPathOf(hook, own.name)}` }];
    }),
};

function onlyOne(names: readonly string[]): string | undefined {
  return names.length === 1 ? names[0] : undefined;
}

const unconfigured: Rule = {
  code: 'hook-unconfigured',
  severity: 'error',
  rule: 'What a hook calls is in the config.',
  reason:
    'A delivery for a container or hook that the config does not have is refused: a postStart kills its container.',
  find: (view) => {
    const containers = view.hooks?.config.containers;
    if (containers === undefined) return [];
    return httpCallsToUs(view).flatMap((call): Broken[] => {
      const name = call.target?.container;
      const hook = call.target?.hook;
      if (name === undefined || hook === undefined || containers.get(name)?.[hook] !== undefined) return [];
      const missing = containers.has(name) ? `${hook} for ${name}` : `container ${name}`;
      const fix = lines('# hooks.yaml', 'containers:', `  ${name}:`, `    ${hook}: []`);
      return [
        {
          place: call.httpGet.at('path').place(),
          message: `${nameOf(call)} calls a hook that is not in the config: it has no ${missing}`,
          fix,
        },
      ];
    });
  },
};

const missing: Rule = {
  code: 'hook-missing',
  severity: 'error',
  rule: 'Each hook of the config is called by its container.',
  reason: 'Tasks that nobody calls are never run: the pod stops as if there were no Hookkeeper.',
  find: (view) => {
    const { hooks } = view;
    return appContainers(view).flatMap(({ name, part }) =>
      HOOKS.flatMap((hook): Broken[] => {
        const config = hooks?.config.containers.get(name)?.[hook];
        // An empty postStart is there to tell one life from the next: that is lost, too.
        if (config === undefined || callsToUs(view).some((call) => call.container.name === name && call.hook === hook))
          return [];
        const other = view.calls.find(
          (call) => call.container.name === name && call.hook === hook && !isOnSidecar(view, call),
        );
        const has = other === undefined ? `has no ${hook}` : `has a ${hook} that does not call Hookkeeper`;
        const fix = lines('lifecycle:', ...hookLines(hook, name, view).map((each) => `  ${each}`));
        return [
          { place: (other?.part ?? part).keyPlace(), message: `${name} ${has}, and the config has tasks for it`, fix },
        ];
      }),
    );
  },
};

const unknown: Rule = {
  code: 'container-unknown',
  severity: 'warning',
  rule: 'The containers of the config are containers of the pod.',
  reason:
    'Tasks of a container that the pod does not have are never run; mostly its name has a typo. A config may be shared by several workloads.',
  find: (view) => {
    const { hooks, sidecar } = view;
    if (hooks === undefined || sidecar === undefined) return [];
    const names = appContainers(view).map(({ name }) => name);
    return [...hooks.config.containers.keys()]
      .filter((name) => !names.includes(name))
      .map((name) => ({
        place: hooks.locate(['containers', name]),
        message: `the config has container ${name}, and the pod has ${names.join(', ') || 'none'}`,
        fix: lines('# hooks.yaml', 'containers:', `  ${suggest(name, names) ?? names[0] ?? 'app'}:`),
      }));
  },
};

export const matchRules: readonly Rule[] = [container, unconfigured, missing, unknown];
