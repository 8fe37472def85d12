import { type Config, HOOKS, type TaskConfig, tasksOf } from '../config/config.ts';
import type { TaskAction } from '../hooks/task.ts';
import { undoName } from '../hooks/undo-plan.ts';

/** The hooks of a config, each with its container and its tasks, whose undos are tasks of it, too. */
export function configuredHooks({ containers }: Config<TaskAction>) {
  return [...containers.values()].flatMap(({ name: container, ...hooks }) =>
    HOOKS.flatMap((hook) => {
      const config = hooks[hook];
      return config === undefined ? [] : [{ hook, container, tasks: tasksOf(config).flatMap(withUndo) }];
    }),
  );
}

function withUndo({ name, kind, undo }: TaskConfig<TaskAction>) {
  return [{ name, kind }, ...(undo === undefined ? [] : [{ name: undoName(name), kind: undo.kind }])];
}

/** What a new version takes from pods that run: their manifests go on calling these hooks, and a refused postStart restarts the app. */
export function hooksGone(before: Config<TaskAction>, next: Config<TaskAction>): string[] {
  const left = new Set(configuredHooks(next).map(({ hook, container }) => `${hook} of ${container}`));
  return configuredHooks(before)
    .map(({ hook, container }) => ({ name: `${hook} of ${container}`, hook }))
    .filter(({ name }) => !left.has(name))
    .map(({ name, hook }) => {
      const lost = hook === 'preStop' ? ', and what one has taken away before is not given back' : '';
      return `the changed config has no ${name} any more: a pod that still calls it is refused${lost}; write ${hook}: [] to let it do nothing`;
    });
}
