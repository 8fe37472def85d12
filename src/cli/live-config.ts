import { readFileSync } from 'node:fs';
import type { Logger } from 'pino';
import type { Config } from '../config/config.ts';
import { loadConfig } from '../config/load.ts';
import { formatProblem, type Problem } from '../config/problem.ts';
import { watchConfig } from '../config/watch.ts';
import { messageOf } from '../hooks/sentence.ts';
import type { TaskAction } from '../hooks/task.ts';
import { taskTable } from '../tasks/table.ts';
import { hooksGone } from './configured-hooks.ts';

/** The config in force, which follows its file. */
export interface LiveConfig {
  config(): Config<TaskAction>;
  readonly file: string;
  loadedAtMs(): number;
  /** Why the file as it is now is not in force; null when it is. */
  lastReloadError(): string | null;
  /** The warnings of the version in force, then, where a newer one is refused, that it is and what is wrong with it. */
  problems(): readonly string[];
  /** Calls back whenever a changed file was read. */
  onReload(listener: (result: 'ok' | 'failed') => void): void;
  /** Reads the file now, and does not wait for it. */
  reload(): void;
  close(): void;
}

/** What is in force has to be seen beside what is wrong. */
const NOT_USED = 'the file as it is now is not used, the last good version stays in force:';

export interface LiveConfigInput {
  readonly file: string;
  readonly env: Readonly<NodeJS.ProcessEnv>;
  readonly logger: Logger;
  readonly epochMs: () => number;
  /** Told why there is no config to begin with. */
  readonly onRefused?: (reasons: readonly string[]) => void;
  /** How often the file is read in any case, and one that was refused is tried again, in ms. Default: that of the watch. */
  readonly pollMs?: number;
}

/**
 * Opens the config, or logs every problem and returns undefined. A bad new version keeps the last good one (P7), and is tried
 * again from time to time: a script or a secret that it names may be mounted later than the file.
 */
export function openLiveConfig({
  file,
  env,
  logger,
  epochMs,
  onRefused,
  pollMs,
}: LiveConfigInput): LiveConfig | undefined {
  const read = (): string | undefined => {
    try {
      return readFileSync(file, 'utf8');
    } catch (error) {
      const reason = `cannot read the config file: ${messageOf(error)}, name another with --config`;
      logger.fatal({ config: file }, reason);
      onRefused?.([reason]);
      return undefined;
    }
  };
  const load = (text: string) => loadConfig({ text, file, table: taskTable, env });
  const tell = (problems: readonly Problem[]) => {
    for (const problem of problems)
      logger[problem.severity === 'error' ? 'error' : 'warn']({ config: file }, formatProblem(problem));
  };

  const text = read();
  if (text === undefined) return undefined;
  const first = load(text);
  tell(first.ok ? first.warnings : first.problems);
  if (!first.ok) {
    onRefused?.(first.problems.filter(({ severity }) => severity === 'error').map(formatProblem));
    return undefined;
  }
  let { config, warnings } = first;
  let inForce = text;
  let gone: readonly string[] = [];
  let loadedAtMs = epochMs();
  let refused:
    | { readonly text: string | undefined; readonly reason: string; readonly problems: readonly Problem[] }
    | undefined;
  /** Whether somebody wants to hear what comes of the next look, also where that is nothing new. */
  let asked = false;
  let onReload = (_result: 'ok' | 'failed') => {};

  /** Says it once for each version and set of problems, however often it is tried, and whenever somebody asks. */
  const keep = (version: string | undefined, reason: string, problems: readonly Problem[]) => {
    const isKnown = refused?.text === version && refused?.reason === reason;
    if (isKnown && !asked) return;
    asked = false;
    refused = { text: version, reason, problems };
    tell(problems);
    if (!isKnown) onReload('failed');
    logger.error(
      { config: file, digest: config.digest },
      `the changed config is not used, the last good one stays in force: ${reason}`,
    );
  };
  const closing = new AbortController();
  const lookNow = watchConfig({
    file,
    text,
    signal: closing.signal,
    ...(pollMs === undefined ? {} : { pollMs }),
    again: () => asked || refused !== undefined,
    onChange(change) {
      if (!change.ok) return keep(undefined, change.reason, []);
      if (refused === undefined && change.text === inForce) {
        asked = false;
        return logger.info({ config: file, digest: config.digest }, 'the config file is as it was');
      }
      const next = load(change.text);
      if (!next.ok) return keep(change.text, next.problems.map(formatProblem).join('; '), next.problems);
      asked = false;
      inForce = change.text;
      tell(next.warnings);
      gone = hooksGone(config, next.config);
      for (const sentence of gone) logger.warn({ config: file }, sentence);
      ({ config, warnings } = next);
      loadedAtMs = epochMs();
      refused = undefined;
      onReload('ok');
      logger.info(
        { config: file, digest: config.digest },
        'the changed config is in force; runs keep the one they started with',
      );
    },
  });
  return {
    config: () => config,
    file,
    loadedAtMs: () => loadedAtMs,
    lastReloadError: () => refused?.reason ?? null,
    problems() {
      const own = [...warnings.map(formatProblem), ...gone];
      if (refused === undefined) return own;
      const why = refused.problems.length === 0 ? [refused.reason] : refused.problems.map(formatProblem);
      return [...own, NOT_USED, ...why];
    },
    onReload(listener) {
      onReload = listener;
    },
    reload() {
      logger.info({ config: file }, 'the config file is looked at, as SIGHUP asks for');
      asked = true;
      lookNow();
    },
    close: () => closing.abort(),
  };
}
