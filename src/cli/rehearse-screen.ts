/** What a rehearsal shows while it goes: a picture that grows, on a terminal; a line for each thing that happens, elsewhere. */
import { stripVTControlCharacters } from 'node:util';
import { seconds } from '../hooks/sentence.ts';
import { terminalTimeline } from '../observe/timeline/terminal.ts';
import { timelineOf } from '../observe/timeline/timeline.ts';
import { visible } from '../observe/visible-text.ts';
import { exitText, type Scene } from '../rehearse/life-scene.ts';
import { narrate } from '../rehearse/narrate.ts';
import type { PodEvent } from '../rehearse/pod-event.ts';
import type { LogEntry } from '../rehearse/sidecar-log.ts';
import { painter } from './problem-lines.ts';

export interface ScreenStyle {
  readonly terminal: boolean;
  readonly colour: boolean;
  readonly columns: number;
  /** The height of the terminal. */
  readonly rows: number;
}

export interface Screen {
  /** Begins the life of a scenario: times are counted from now. */
  begin(nowMs: number): void;
  event(event: PodEvent): void;
  entry(entry: LogEntry): void;
  appLine(container: string, line: string, nowMs: number): void;
  show(scene: Scene, nowMs: number): void;
  /** Removes the picture that grew: the whole one comes. */
  end(): void;
}

const OUTPUT_LINES = 2;
const COLOURS = { kubelet: 'blue', app: 'magenta', hookkeeper: 'cyan' } as const;

export function createScreen(write: (text: string) => void, { terminal, colour, columns, rows }: ScreenStyle): Screen {
  const paint = painter(colour);
  let startMs = 0;
  let drawn = 0;
  let latest = '';

  function erase(): string {
    const back = drawn === 0 ? '' : `\u001b[${drawn}A\u001b[J`;
    drawn = 0;
    return back;
  }

  function tell(atMs: number, who: keyof typeof COLOURS, what: string): void {
    const at = `${((atMs - startMs) / 1000).toFixed(2).padStart(6)} s`;
    const line = cut(`${paint('gray', at)}  ${paint(COLOURS[who], who.padEnd(10))} ${visible(what)}`, columns);
    if (terminal) latest = line;
    else write(`${line}\n`);
  }

  return {
    begin(nowMs) {
      startMs = nowMs;
      latest = '';
    },
    event(event) {
      const told = sentenceOf(event);
      if (told !== undefined) tell(event.atMs, told.who, told.what);
    },
    entry(entry) {
      const sentence = narrate(entry);
      if (sentence !== undefined) tell(entry.atMs, 'hookkeeper', sentence);
    },
    appLine: (container, line, nowMs) => tell(nowMs, 'app', `${container} | ${line}`),
    show({ runs, marks }, nowMs) {
      if (!terminal) return;
      const timeline = timelineOf(runs, marks, nowMs);
      const picture =
        runs.length === 0
          ? []
          : terminalTimeline(timeline, { columns, colour, outputLines: OUTPUT_LINES }).trimEnd().split('\n');
      // What scrolled away can't be drawn again: of a picture that is too high its end is shown.
      const lines = [...picture, latest].slice(-Math.max(1, rows - 2));
      write(`${erase()}${lines.join('\n')}\n`);
      drawn = lines.length;
    },
    end: () => write(erase()),
  };
}

function sentenceOf(event: PodEvent): { readonly who: keyof typeof COLOURS; readonly what: string } | undefined {
  const kubelet = (what: string) => ({ who: 'kubelet', what }) as const;
  switch (event.type) {
    case 'containerStarted':
      return kubelet(`starts ${event.container}${event.restartCount === 0 ? '' : ' again'}`);
    case 'startupProbeSucceeded':
      return kubelet(`the startupProbe of ${event.container} succeeded`);
    case 'hookSent':
      return kubelet(`calls the ${event.hook} of ${event.container}`);
    case 'hookEnded':
      return kubelet(`the ${event.result.hook} of ${event.container}: ${resultText(event.result)}`);
    case 'signalSent':
      return kubelet(`sends ${event.signal} to ${event.container}`);
    case 'containerEnded':
      return {
        who: event.container === 'hookkeeper' ? 'hookkeeper' : 'app',
        what: `${event.container} has ended: ${exitText(event.exit)}`,
      };
    case 'probeFailed':
      return kubelet(`a probe of ${event.container} fails: it is to be started again`);
    case 'backOff':
      return kubelet(`waits ${seconds(event.delayMs)} before it starts ${event.container} again`);
    case 'deleted':
      return kubelet(`the pod is deleted, with ${seconds(event.graceMs)} of grace`);
    case 'kubeletKilled':
      return kubelet('is killed');
    case 'kubeletStarted':
      return kubelet('starts');
    case 'podEnded':
      return kubelet('the pod has ended');
  }
}

function resultText(result: Extract<PodEvent, { readonly type: 'hookEnded' }>['result']): string {
  switch (result.kind) {
    case 'success':
      return `answered with ${result.status} after ${seconds(result.durationMs)}`;
    case 'failure':
      return `failed: ${result.error}`;
    case 'graceOver':
      return 'the grace is over, it goes on';
    case 'kubeletDied':
      return 'nobody hears of its end';
  }
}

/** One line: a long reason is in the log. */
function cut(line: string, columns: number): string {
  const over = stripVTControlCharacters(line).length - columns;
  return over <= 0 ? line : `${line.slice(0, line.length - over - 1)}…`;
}
