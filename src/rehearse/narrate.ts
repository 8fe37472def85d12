import { seconds } from '../hooks/sentence.ts';
import type { LogEntry } from './sidecar-log.ts';

/** One short sentence for people who watch; undefined where a line is not worth one. */
export function narrate(happened: LogEntry): string | undefined {
  const { event, task = '', outcome = '', durationMs = 0 } = happened;
  const hook = `${happened.hook} of ${happened.container}`;
  const because = happened.reason == null ? '' : `: ${happened.reason}`;
  switch (event) {
    case 'delivered':
      return `${hook}: ${happened.served === 'executed' ? 'a new run' : `${happened.served}, run ${happened.run}`}`;
    case 'deadlineMoved':
      return (happened.movedMs ?? 0) < 0
        ? `${hook}: goes on, with less time`
        : `${hook}: goes on, with the fresh grace of the new delivery`;
    case 'taskStarted':
      return `${task}: started`;
    case 'attemptEnded':
      if (happened.retryInMs === undefined) return undefined;
      return `${task}: attempt ${happened.attempt} ${outcome}, again in ${seconds(happened.retryInMs)}${because}`;
    case 'taskOutput':
      return happened.msg.replace(/^.*? printed: /, `${task} | `);
    case 'taskEnded':
      return `${task}: ${outcome} after ${seconds(durationMs)}${because}`;
    case 'runEnded':
      return `${hook}: ${outcome} after ${seconds(durationMs)}${because}`;
    default:
      return undefined;
  }
}
