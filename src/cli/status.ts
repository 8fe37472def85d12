import { get } from 'node:http';
import { type Clock, wait } from '../hooks/clock.ts';
import { messageOf, seconds } from '../hooks/sentence.ts';
import type { StatusView } from '../observe/status-view.ts';
import { parseStatusView } from '../observe/status-view-codec.ts';
import { visible, visibleJson } from '../observe/visible-text.ts';
import type { OutputSize } from './output-size.ts';
import { type StatusStyle, statusNews, statusText } from './status-lines.ts';

export interface StatusInput extends Omit<StatusStyle, keyof OutputSize> {
  /** The size of the output now: who watches makes the window larger. */
  readonly size: () => OutputSize;
  /** The ops port of the service on this machine: in a pod, of the sidecar beside us. */
  readonly opsPort: number;
  /** Goes on showing it until the signal aborts or the service ends. */
  readonly watch: boolean;
  /** Prints it as JSON, for programs: one value, or one a line while watching. */
  readonly json: boolean;
  readonly write: (text: string) => void;
  /** Whether all that was written was taken: who reads slowly gets fewer views, and the sidecar's memory none of them. */
  readonly taken: () => boolean;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** A service on the same machine answers at once, or is stopped in a debugger, in ms. */
const ANSWER_MS = 5000;
/** More than twenty runs with all that is kept of their output. */
const LONGEST_ANSWER_BYTES = 8 * 1024 * 1024;
/** How often a watched service is asked, in ms. */
const ASK_EVERY_MS = 500;
/** Puts the cursor back to the top and clears what is below: nothing flickers. */
const REDRAW = '\u001b[H\u001b[J';
const CLEAR = '\u001b[2J';

/**
 * `hookkeeper status`: shows what the service beside us is doing. Resolves with the exit code: 0, or 1 with a sentence where no
 * service answers. Never rejects.
 */
export async function status(input: StatusInput): Promise<number> {
  const { opsPort, watch, write, clock, signal } = input;
  let before: StatusView | undefined;
  for (;;) {
    const asked = await ask(opsPort, signal);
    if (signal.aborted) return 0;
    if (typeof asked === 'string') {
      // Who watches a pod end sees the service end, which is no failure.
      write(`${before === undefined ? visible(asked) : 'the service has ended'}\n`);
      return before === undefined ? 1 : 0;
    }
    if (input.taken()) {
      show(asked, before, input);
      before = asked;
    }
    if (!watch || !(await wait(clock, ASK_EVERY_MS, signal))) return 0;
  }
}

function show(now: StatusView, before: StatusView | undefined, input: StatusInput): void {
  const { json, watch, terminal, colour, write, size } = input;
  const { columns, rows } = size();
  const once = { terminal, colour, columns };
  if (json) write(`${visibleJson(now, watch ? 0 : 2)}\n`);
  else if (watch && terminal)
    write(`${before === undefined ? CLEAR : ''}${REDRAW}${statusText(now, { ...once, rows })}`);
  else if (before === undefined) write(statusText(now, once));
  else for (const line of statusNews(before, now)) write(`${line}\n`);
}

/** The view of the service, or why there is none. Never rejects. */
function ask(port: number, signal: AbortSignal): Promise<StatusView | string> {
  const nobody = (why: string) =>
    `no hookkeeper answers on ops port ${port} of this machine: ${why}; run this in the sidecar's container, with its --ops-port`;
  return new Promise((resolve) => {
    const options = { host: 'localhost', port, path: '/timeline', agent: false, signal, timeout: ANSWER_MS };
    const request = get(options, (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > LONGEST_ANSWER_BYTES) request.destroy(new Error('its answer has no end'));
        else chunks.push(chunk);
      });
      response.on('end', () => {
        const view = response.statusCode === 200 ? parseStatusView(Buffer.concat(chunks).toString('utf8')) : undefined;
        resolve(view ?? nobody(`what answers there with ${response.statusCode} is none, or of another version`));
      });
    });
    request.on('timeout', () => request.destroy(new Error(`there was no answer within ${seconds(ANSWER_MS)}`)));
    request.on('error', (error) => resolve(nobody(messageOf(error))));
  });
}
