/** Hooks that do not call Hookkeeper over HTTP, and hooks of Hookkeeper itself. */
import { formatDuration } from '../../config/duration.ts';
import { OWN_CONTAINER } from '../../config/hook-path.ts';
import { wordsOf } from '../container.ts';
import type { HookCall } from '../hook-call.ts';
import { isOnSidecar, nameOf, type PodView } from '../pod-view.ts';
import { lines, type Rule } from '../rule.ts';

const onSidecar: Rule = {
  code: 'hook-on-sidecar',
  severity: 'error',
  rule: "Hookkeeper's own container has no hook that calls Hookkeeper, and no preStop; `/prestop/hookkeeper` is harmless.",
  reason:
    'Its own postStart comes before it listens, so that the kubelet kills it, again and again. Its own preStop holds nobody back but itself: ' +
    'all preStops of a pod begin together, and Hookkeeper stays for as long as a hook can come without one.',
  find: (view) =>
    view.calls
      .filter((call) => isOnSidecar(view, call) && (call.hook === 'preStop' || call.handler === 'httpGet'))
      .filter((call) => !isHarmless(call))
      .map((call) => ({
        place: call.part.keyPlace(),
        message: `${nameOf(call)} is a hook of Hookkeeper's own container`,
        fix: `remove lifecycle.${call.hook} from ${call.container.name}`,
      })),
};

/** The one that is there for those who want one: it does nothing. */
function isHarmless({ hook, handler, target }: HookCall): boolean {
  return hook === 'preStop' && handler === 'httpGet' && target?.hook === hook && target.container === OWN_CONTAINER;
}

const sleeps: Rule = {
  code: 'prestop-sleep',
  severity: 'warning',
  rule: 'No container sleeps in a preStop of its own.',
  reason:
    'A container has one preStop: where it sleeps, Hookkeeper is not called. The time comes out of the grace period that the tasks are ' +
    'planned with. As a task, a sleep is planned, cut when time is short, and seen.',
  find: (view) =>
    ownPreStops(view)
      .filter((call) => call.handler === 'sleep' || wordsOf(call.part.at('exec')).some(isSleep))
      .map((call) => ({
        place: call.part.keyPlace(),
        message: `${nameOf(call)} sleeps out of the grace period, where a task of Hookkeeper would be planned`,
        fix: lines(
          '# hooks.yaml',
          'containers:',
          `  ${call.container.name}:`,
          '    preStop:',
          '      - name: let-load-balancers-notice',
          `        sleep: ${sleepOf(call)}`,
          ...(runsMore(call) ? ['      # and tasks for what else it runs'] : []),
        ),
      })),
};

const commands: Rule = {
  code: 'prestop-exec',
  severity: 'warning',
  rule: 'No container runs a command in a preStop of its own.',
  reason:
    'It needs a shell or a tool in the image of the app, takes its time out of the grace period unseen, and nobody reads what it printed. One that calls ' +
    'Hookkeeper itself gets its failures as a status, which most commands pass over. As a task it is bounded, tried again and recorded.',
  find: (view) =>
    ownPreStops(view)
      .filter((call) => call.handler === 'exec' && !wordsOf(call.part.at('exec')).some(isSleep))
      .map((call) => ({
        place: call.part.keyPlace(),
        message: `${nameOf(call)} runs a command out of the grace period, unseen by Hookkeeper`,
        fix: lines(
          '# hooks.yaml',
          'containers:',
          `  ${call.container.name}:`,
          '    preStop:',
          '      - name: stop',
          '        exec: { command: [/scripts/stop.sh] }',
          '        timeout: 10s',
        ),
      })),
};

/** Without Hookkeeper in the pod, or with a hook that is only near it, there is nothing to say. */
function ownPreStops(view: PodView): HookCall[] {
  if (view.sidecar === undefined) return [];
  return view.calls.filter((call) => call.hook === 'preStop' && !isOnSidecar(view, call));
}

const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 };

/** How long it sleeps, as a duration; 5s where that cannot be read. */
function sleepOf({ part }: HookCall): string {
  const words = wordsOf(part.at('exec'));
  const argument = words[words.findIndex(isSleep) + 1] ?? '';
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)([smh]?)(?![\w.])/.exec(argument) ?? [];
  const execMs = amount === undefined ? 5000 : Number(amount) * (UNIT_MS[unit] ?? 1000);
  const seconds = part.at('sleep', 'seconds').number;
  return formatDuration(seconds === undefined ? execMs : seconds * 1000);
}

/** Whether its command does something beside the sleep. */
function runsMore({ part }: HookCall): boolean {
  const words = wordsOf(part.at('exec'));
  const at = words.findIndex(isSleep);
  return words.some((word, index) => !/^(\S*\/)?(ba|da|a)?sh$|^-c$/.test(word) && index !== at && index !== at + 1);
}

function isSleep(word: string): boolean {
  return /^(\S*\/)?sleep$/.test(word);
}

export const otherHookRules: readonly Rule[] = [onSidecar, sleeps, commands];
