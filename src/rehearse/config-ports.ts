/** The ports of this machine that a config's tasks call or watch, where it says them. */
import { isMapping } from '../config/finding.ts';

export interface NamedPort {
  readonly port: number;
  /** The tasks that name it; empty where only a container does. */
  readonly tasks: readonly string[];
  /** Whether a task sends something there, so that somebody has to listen. */
  readonly called: boolean;
}

const LOOPBACK = /(?:^|[/@\s])(?:127\.0\.0\.1|localhost|\[::1\]):(\d{1,5})(?![\d])/g;

/**
 * Finds them in the plain data of a config, in the order of the file. What a `when` asks, and what is to be closed, is not among
 * them: that nobody listens there is an answer.
 */
export function portsOf(data: unknown): NamedPort[] {
  const found = new Map<number, { readonly tasks: Set<string>; called: boolean }>();
  const note = (port: number, task: string | undefined, called: boolean) => {
    if (!Number.isInteger(port) || port < 1 || port > 65_535) return;
    const known = found.get(port) ?? { tasks: new Set(), called: false };
    if (task !== undefined) known.tasks.add(task);
    found.set(port, { ...known, called: known.called || called });
  };
  const walk = (value: unknown, task: string | undefined, key: string) => {
    if (typeof value === 'string') {
      // What a command says is no address that has to be there.
      if (key === 'shell' || key === 'command') return;
      for (const [, port] of value.matchAll(LOOPBACK)) note(Number(port), task, true);
    } else if (Array.isArray(value)) {
      for (const each of value) {
        if (key === 'ports' && typeof each === 'number') note(each, task, false);
        else walk(each, task, key);
      }
    } else if (isMapping(value) && value['is'] !== 'closed') {
      // Inside a task a name is that of a metric, a header or a process.
      const name = task ?? (typeof value['name'] === 'string' ? value['name'] : undefined);
      for (const [field, each] of Object.entries(value)) if (field !== 'when') walk(each, name, field);
    }
  };
  walk(isMapping(data) ? data['containers'] : undefined, undefined, '');
  return [...found].map(([port, { tasks, called }]) => ({ port, tasks: [...tasks], called }));
}
