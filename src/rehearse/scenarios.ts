/** The lives that a rehearsal plays: what a kubelet really does to pods (kubelet contract), each to its end. */
import { type ContainerConfig, tasksOf } from '../config/config.ts';
import type { ActionFacts } from '../config/task-kind.ts';
import type { Stage } from './rehearsal-stage.ts';
import { SIDECAR } from './rehearsed-life.ts';

export const SCENARIOS = [
  'stop',
  'kubelet-restart',
  'short-grace',
  'app-restart',
  'sidecar-killed',
  'never-drains',
  'failing-start',
] as const;
export type ScenarioName = (typeof SCENARIOS)[number];

export interface Scenario {
  /** What happens, in a sentence. */
  readonly about: string;
  /** How often each hook runs at most, for the time that it takes. */
  readonly runs: { readonly postStart: number; readonly preStop: number };
  /** Whether a run may end otherwise than well, as long as every promise is kept: the scenario leaves it no other way. */
  readonly mayFail: 'none' | 'preStop' | 'firstPostStart';
  readonly play: (stage: Stage, held: readonly number[]) => Promise<void>;
}

/** How long a pod is left alone before something happens to it, in ms. */
const LIFE_MS = 400;
/** A kubelet that is restarted works on its pods again after this and 1.3 s more (kubelet contract, section 4), in ms. */
const AWAY_MS = 500;
/** The longest wait for a moment in the middle of a preStop, from its first task on, in ms. */
const KUBELET_DIES_MS = 2000;
const SIDECAR_DIES_MS = 20_000;
/** So far into the second task things are when they are broken off, in ms. */
const INTO_TASK_MS = 200;

const ONCE = { postStart: 1, preStop: 1 };

export const SCENARIO_TABLE: Readonly<Record<ScenarioName, Scenario>> = {
  stop: {
    about: 'the pod is deleted, with its whole grace',
    runs: ONCE,
    mayFail: 'none',
    async play(stage) {
      if (await started(stage)) stage.pod.delete();
    },
  },
  'kubelet-restart': {
    about: 'the kubelet is killed in the middle of the preStop, comes back, and calls it again',
    runs: ONCE,
    mayFail: 'none',
    async play(stage) {
      const { pod } = stage;
      if (!(await started(stage))) return;
      pod.delete();
      if (!(await middleOfPreStop(stage, KUBELET_DIES_MS))) return;
      pod.killKubelet();
      if (await stage.pause(AWAY_MS)) pod.startKubelet();
    },
  },
  'short-grace': {
    about: 'the pod is deleted with a far shorter grace than it has, of which Hookkeeper is told by a header',
    runs: ONCE,
    mayFail: 'preStop',
    async play(stage) {
      if (await started(stage)) stage.pod.delete();
    },
  },
  'app-restart': {
    about: 'a liveness probe of the app fails: it is started again in place, and the pod is deleted later',
    runs: { postStart: 2, preStop: 2 },
    mayFail: 'none',
    async play(stage) {
      if (!(await started(stage))) return;
      for (const { name } of stage.containers) stage.pod.failProbe(name);
      if (await started(stage, () => 1)) stage.pod.delete();
    },
  },
  'sidecar-killed': {
    about:
      'Hookkeeper and the kubelet are killed in the middle of a preStop, both come back, and the preStop comes again',
    runs: { postStart: 1, preStop: 2 },
    mayFail: 'none',
    async play(stage) {
      const { pod, containers } = stage;
      if (!(await started(stage))) return;
      for (const { name } of containers) pod.failProbe(name);
      if (!(await middleOfPreStop(stage, SIDECAR_DIES_MS))) return;
      pod.killKubelet();
      await stage.killSidecar();
      if (!(await stage.pause(AWAY_MS))) return;
      pod.startKubelet();
      const serves = () =>
        stage.events.some(
          (event) => event.type === 'containerStarted' && event.container === SIDECAR && event.restartCount === 1,
        );
      if (!(await stage.until(() => serves() && stage.serving()))) return;
      pod.delete();
    },
  },
  'never-drains': {
    about: 'a client never lets go of its connection while the pod is deleted',
    runs: ONCE,
    mayFail: 'preStop',
    async play(stage, held) {
      if (!(await started(stage))) return;
      for (const port of held) {
        if (await stage.hold(port)) stage.mark('a connection is held', `to port ${port}, and never closed`);
        else
          return stage.fail(
            `nobody takes connections on 127.0.0.1:${port}: name the app with --app, or start it before`,
          );
      }
      stage.pod.delete();
    },
  },
  'failing-start': {
    about: 'a task of the postStart fails: the app is killed, started again, and starts well the second time',
    runs: { postStart: 2, preStop: 2 },
    mayFail: 'firstPostStart',
    async play(stage) {
      const failed = () =>
        stage.events.flatMap((event) =>
          event.type === 'hookEnded' && event.result.kind === 'failure' ? [event.container] : [],
        );
      if (!(await stage.until(() => failed().length > 0))) return;
      stage.mend();
      const [first] = failed();
      if (await started(stage, (container) => (container === first ? 1 : 0))) stage.pod.delete();
    },
  },
};

/** Whether the app containers have started, each for the so-manieth time, and live for a while; false when one can't. */
async function started(stage: Stage, restarts: (container: string) => number = () => 0): Promise<boolean> {
  const { containers, events } = stage;
  // For a regular sidecar the kubelet does not wait. A pod whose Hookkeeper never got to listen is another matter.
  if (!(await stage.until(stage.serving))) return false;
  const ends = (container: string) =>
    events.flatMap((event) =>
      event.type === 'hookEnded' &&
      event.result.hook === 'postStart' &&
      event.container === container &&
      event.restartCount === restarts(container)
        ? [event.result]
        : [],
    );
  const isUp = ({ name, postStart }: ContainerConfig<ActionFacts>) => {
    if (postStart !== undefined) return ends(name).some(({ kind }) => kind === 'success');
    return events.some(
      (event) => event.type === 'containerStarted' && event.container === name && event.restartCount === restarts(name),
    );
  };
  const failure = () =>
    containers.flatMap(({ name }) =>
      ends(name).flatMap((end) => (end.kind === 'failure' ? [`the postStart of ${name} failed: ${end.error}`] : [])),
    )[0];
  if (!(await stage.until(() => containers.every(isUp) || failure() !== undefined))) return false;
  const why = failure();
  if (why !== undefined) stage.fail(why);
  return stage.pause(LIFE_MS);
}

/** A moment in which some of the preStop is done and some is not, as far as there is one; false when the scenario is over. */
async function middleOfPreStop(stage: Stage, boundMs: number): Promise<boolean> {
  const begun = () => stage.log.filter(({ event, hook }) => event === 'taskStarted' && hook === 'preStop').length;
  const over = () => stage.events.some((event) => event.type === 'hookEnded' && event.result.hook === 'preStop');
  // The middle of a preStop of one task is in that task.
  const isOnly =
    stage.containers.flatMap(({ preStop }) => (preStop === undefined ? [] : tasksOf(preStop))).length === 1;
  if (!(await stage.until(() => begun() > 0 || over()))) return false;
  const second = stage.until(() => begun() > 1 || isOnly || over()).then((held) => held && stage.pause(INTO_TASK_MS));
  return Promise.race([second, stage.pause(boundMs)]);
}
