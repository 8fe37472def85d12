/**
 * The answer that is no HTTP, for a kubelet: it takes every status for success, and only a broken connection for failure.
 * Go's HTTP client quotes the header line it could not parse, and the kubelet puts that text into the container's waiting
 * message and its own log (kubelet contract, section 2, "Saying why").
 */
import type { Socket } from 'node:net';
import type { HookName } from '../config/config.ts';
import type { Clock } from '../hooks/clock.ts';
import type { RunOutcome } from '../journal/entry.ts';
import { redactSecrets } from '../observe/clean-text.ts';
import type { Refusal } from './admission.ts';

/** The longest sentence, in characters: what fits into a container's message beside the kubelet's own text. */
const LONGEST_SENTENCE = 300;

/** How long a caller may take to read its answer and close, in ms; a connection that is cut at once can lose the answer. */
const LINGER_MS = 1000;

/**
 * Why a run failed, and where there is more: `hookkeeper postStart failed (run k3f9x2-7 in its log) - task warm-cache exited with 3
 * after 12.4 s (3 attempts)`.
 */
export function failureSentence(run: {
  readonly id: string;
  readonly hook: HookName;
  readonly outcome: RunOutcome;
  readonly reason: string | null;
}): string {
  const outcome = run.outcome === 'timedOut' ? 'timed out' : run.outcome;
  return `hookkeeper ${run.hook} ${outcome} (run ${run.id} in its log) - ${run.reason ?? 'for no reason that it knows'}`;
}

/** Why a request was refused: `hookkeeper refused the delivery as the path /prestp is unknown, use …`. */
export function refusalSentence({ reason, remedy }: Pick<Refusal, 'reason' | 'remedy'>): string {
  return `hookkeeper refused the delivery as ${reason}, ${remedy}`;
}

/**
 * The bytes of the answer. The sentence stands where a header should, and is none: it holds no colon, is printable ASCII
 * on one line, and is at most 300 characters long.
 */
export function brokenAnswer(sentence: string): string {
  const line = redactSecrets(sentence)
    .replace(/:\s/g, ', ')
    .replaceAll(':', ' ')
    // Go quotes the line, and would show a backslash before each of these.
    .replace(/["\\]/g, "'")
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .replace(/[^\x20-\x7e]/gu, '?')
    .trim();
  const shown = line.length > LONGEST_SENTENCE ? `${line.slice(0, LONGEST_SENTENCE - 3)}...` : line;
  return `HTTP/1.1 200 OK\r\n${shown}\r\n\r\n`;
}

/** Sends the answer past Node's HTTP and ends the connection. Does nothing when the caller is gone. Never throws. */
export function breakConnection(socket: Socket, sentence: string, clock: Clock): void {
  if (socket.destroyed || !socket.writable) return;
  const cancel = clock.after(LINGER_MS, () => socket.destroy());
  socket.once('close', cancel);
  socket.on('error', () => socket.destroy());
  socket.end(brokenAnswer(sentence), 'latin1');
  // What the caller still sends is read and thrown away: unread bytes would turn our end into a reset.
  socket.resume();
}
