/**
 * Follows a config file. A ConfigMap is changed by swapping the symlink `..data` beside the file, and editors replace files:
 * a watch on the file itself goes deaf after the first change, so the folder is watched, and what counts is the text.
 */
import { type FSWatcher, watch } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { LIMITS } from './defaults.ts';
import { monotonicMs } from './monotonic-ms.ts';

/** The file as it is now, or why it can't be read. */
export type ConfigChange =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly reason: string };

export interface WatchInput {
  readonly file: string;
  /** The text that is known already; only another one is a change. */
  readonly text: string;
  /** Ends the watch. Nothing is handed over after that. */
  readonly signal: AbortSignal;
  /** Is told of each change once, and of each reading error once. Must not throw. */
  readonly onChange: (change: ConfigChange) => void;
  /** Whether what did not change is told again whenever it is read: a text may be refused for what is beside it. Default: no. */
  readonly again?: () => boolean;
  /** The file is read when nothing happened in its folder for this time, in ms, or for five times as long at most. Default 100. */
  readonly debounceMs?: number;
  /** It is read this often in any case, in ms: not every file system tells of changes. Default 30 s. */
  readonly pollMs?: number;
}

/** Watches until the signal aborts; what is returned looks at once. Never throws, and never keeps the process alive. */
export function watchConfig(input: WatchInput): () => void {
  const { file, signal, onChange, again = () => false, debounceMs = 100, pollMs = 30_000 } = input;
  if (signal.aborted) return () => {};
  let known: ConfigChange = { ok: true, text: input.text };
  let wanted = 0;
  let watcher: FSWatcher | undefined;
  let timer: NodeJS.Timeout | undefined;
  let waitingSinceMs: number | undefined;

  /** One reader at a time; what comes while it reads makes it read once more. */
  const read = async (): Promise<void> => {
    waitingSinceMs = undefined;
    wanted += 1;
    if (wanted > 1) return;
    for (let served = 0; served < wanted; ) {
      served = wanted;
      const change = await readConfig(file, signal);
      if (signal.aborted) return;
      if (again() || !isSame(change, known)) {
        known = change;
        onChange(change);
      }
    }
    wanted = 0;
  };

  const soon = () => {
    const nowMs = monotonicMs();
    waitingSinceMs ??= nowMs;
    const longestMs = waitingSinceMs + 5 * debounceMs - nowMs;
    clearTimeout(timer);
    timer = setTimeout(() => void read(), Math.max(0, Math.min(debounceMs, longestMs))).unref();
  };

  // Watched anew each time: a folder that was replaced is another one.
  const watchAnew = () => {
    watcher?.close();
    watcher = watchFolder(dirname(file), soon);
  };
  const poll = () => {
    if (signal.aborted) return;
    watchAnew();
    void read();
  };
  const interval = setInterval(poll, pollMs).unref();
  const stop = () => {
    clearInterval(interval);
    clearTimeout(timer);
    watcher?.close();
  };
  signal.addEventListener('abort', stop, { once: true });
  watchAnew();
  // It may have changed since its text was read; a start does not wait for that look.
  soon();
  return poll;
}

/** Undefined where the system can't watch; reading from time to time has to do then. */
function watchFolder(folder: string, onEvent: () => void): FSWatcher | undefined {
  try {
    return watch(folder, { persistent: false }, onEvent).on('error', onEvent);
  } catch {
    return undefined;
  }
}

async function readConfig(file: string, signal: AbortSignal): Promise<ConfigChange> {
  try {
    // Opened once, so that a file which goes away in between gives no two reasons.
    await using handle = await open(file);
    const { size } = await handle.stat();
    if (size > LIMITS.fileBytes) return { ok: false, reason: `${file} has more than ${LIMITS.fileBytes} bytes` };
    return { ok: true, text: await handle.readFile({ encoding: 'utf8', signal }) };
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : String(error) };
  }
}

function isSame(a: ConfigChange, b: ConfigChange): boolean {
  return a.ok ? b.ok && a.text === b.text : !b.ok && a.reason === b.reason;
}
