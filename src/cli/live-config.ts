import { readFileSync } from 'node:fs';
import type { Logger } from 'pino';
import type { Config } from '../config/config.ts';
import { type Loaded, loadConfig } from '../config/load.ts';
import { formatProblem } from '../config/problem.ts';
import { watchConfig } from '../config/watch.ts';
import { messageOf } from '../hooks/sentence.ts';
import type { TaskAction } from '../hooks/task.ts';
import { taskTable } from '../tasks/table.ts';

/** The config in force, which follows its file. */
export interface LiveConfig {
  config(): Config<TaskAction>;
  readonly file: string;
  loadedAtMs(): number;
  /** Why the file as it is now is not in force; null when it is. */
  lastReloadError(): string | null;
  /** Calls back whenever a changed file was read. */
  onReload(listener: (result: 'ok' | 'failed') => void): void;
  close(): void;
}

export interface LiveConfigInput {
  readonly file: string;
  readonly env: Readonly<NodeJS.ProcessEnv>;
  readonly logger: Logger;
  readonly epochMs: () => number;
}

/** Opens the config, or logs every problem and returns undefined. A bad new version keeps the last good one (P7). */
export function openLiveConfig({ file, env, logger, epochMs }: LiveConfigInput): LiveConfig | undefined {
  const read = (): string | undefined => {
    try {
      return readFileSync(file, 'utf8');
    } catch (error) {
      logger.fatal({ config: file }, `cannot read the config file: ${messageOf(error)}`);
      return undefined;
    }
  };
  const load = (text: string) => loadConfig({ text, file, table: taskTable, env });
  const tell = (result: Loaded<TaskAction>) => {
    const problems = result.ok ? result.warnings : result.problems;
    for (const problem of problems)
      logger[problem.severity === 'error' ? 'error' : 'warn']({ config: file }, formatProblem(problem));
  };

  const text = read();
  if (text === undefined) return undefined;
  const first = load(text);
  tell(first);
  if (!first.ok) return undefined;
  let { config } = first;
  let loadedAtMs = epochMs();
  let lastReloadError: string | null = null;
  let onReload = (_result: 'ok' | 'failed') => {};

  const keep = (reason: string) => {
    lastReloadError = reason;
    onReload('failed');
    logger.error(
      { config: file, digest: config.digest },
      `the changed config is not used, the last good one stays in force: ${reason}`,
    );
  };
  const closing = new AbortController();
  watchConfig({
    file,
    text,
    signal: closing.signal,
    onChange(change) {
      if (!change.ok) return keep(change.reason);
      const next = load(change.text);
      tell(next);
      if (!next.ok) return keep(next.problems.map(formatProblem).join('; '));
      config = next.config;
      loadedAtMs = epochMs();
      lastReloadError = null;
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
    lastReloadError: () => lastReloadError,
    onReload(listener) {
      onReload = listener;
    },
    close: () => closing.abort(),
  };
}
