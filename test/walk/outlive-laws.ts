/** P8: a hook that can still come finds a sidecar, and the answer is that of its own run. */
import { READY_MS, type Step, type Walked } from './core-walk.ts';
import { GRACE_MS } from './walk-config.ts';

export function brokenOutliving(walked: Walked): string[] {
  return [...unanswered(walked), ...refused(walked), ...fobbedOff(walked)];
}

const has = (steps: readonly Step[], ...what: Step['do'][]) => steps.some((step) => what.includes(step.do));

/** Every hook of a life that no preStop has closed is answered, unless its sidecar was killed or started just then, or the kubelet was away. */
function unanswered({ walk, events, calls }: Walked): string[] {
  if (has([...walk.steps, ...walk.after], 'stopSidecar') || has(walk.after, 'killKubelet', 'startKubelet')) return [];
  return events.flatMap((event) => {
    if (event.type !== 'hookEnded' || event.result.kind !== 'failure') return [];
    const { message } = event.result;
    const { restartCount: life, delivery } = event;
    // Whose end was told first within one instant says nothing.
    const until = events.filter(({ atMs }) => atMs <= event.atMs);
    const sent = until.find((one) => one.type === 'hookSent' && one.delivery === delivery);
    const sidecar = until.filter(
      (one) => (one.type === 'containerStarted' || one.type === 'containerEnded') && one.container === 'hookkeeper',
    );
    const started = sidecar.findLast(({ type }) => type === 'containerStarted');
    const last = sidecar.at(-1);
    const killed = last?.type === 'containerEnded' && last.exit.signal !== null;
    const ready = started !== undefined && sent !== undefined && sent.atMs > started.atMs + READY_MS;
    const closed = calls.some((call) => call.delivery.hook === 'preStop' && call.life === life && call.result);
    if (killed || !ready || closed || !/EOF|refused$/.test(message)) return [];
    return [`P8: a hook of life ${life} found nobody: ${message}`];
  });
}

/** Nobody who is there to hear it is sent away. */
function refused({ calls, walk }: Walked): string[] {
  // Then a native sidecar can't tell its own stop from the end of the grace, 2 s before SIGKILL.
  const short = walk.end.do === 'forceDelete' || walk.end.graceMs < GRACE_MS;
  const lastCall = short || has([...walk.steps, ...walk.after], 'stopSidecar', 'delete', 'forceDelete');
  return calls.flatMap(({ result, life, unheard, delivery }) => {
    if (result?.kind !== 'refused' || unheard) return [];
    // What still runs for a container that is no more is broken off when the next one comes; its caller has gone on.
    if (result.reason.includes('came back') && calls.some((later) => later.life > life)) return [];
    // A postStart whose kubelet died is over with its container, for somebody who waits for it, too.
    const killed = has([...walk.steps, ...walk.after], 'killKubelet') && delivery.caller === 'other';
    if (killed && delivery.hook === 'postStart' && result.reason.endsWith('its container is being stopped')) return [];
    const cut = /SIGKILL is about to come|is being stopped/.test(result.reason);
    // Who calls late, when the kubelet's own call is answered, has no grace of its own.
    if (cut && (lastCall || delivery.caller === 'other') && delivery.hook === 'preStop') return [];
    return [`P8: a ${delivery.hook} was refused: ${result.reason}`];
  });
}

/** No preStop gets the answer of what is done where none comes. */
function fobbedOff({ calls }: Walked): string[] {
  return calls.flatMap(({ result }) => {
    const tasks = result?.kind === 'ended' ? result.run.tasks : [];
    return tasks.flatMap((task) =>
      task.state === 'ended' && task.reason?.includes('the app ended without one')
        ? [`P8: ${task.name} was skipped in the answer to a preStop, as none had come`]
        : [],
    );
  });
}
