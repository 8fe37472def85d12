/**
 * Regular expressions from the config on text from outside: a pattern such as `(a+)+$` can take years on forty characters. They
 * run in a context of their own, whose time V8 bounds, backtracking included, so that any pattern may be used on any text.
 */
import type { Context, Script } from 'node:vm';

/** A match takes microseconds as a rule. Nobody else gets a turn meanwhile, so the bound is far below what a probe would notice. */
const MATCH_MS = 100;

/** V8 bounds the time that goes by: in a container at its CPU limit, most of that can be time in which nothing runs. */
const STARVED_MATCH_MS = 1000;

/** A context costs a millisecond, so there is one for all. The job touches nothing but memory: it is cut off without a `finally`. */
const matcher: { job: () => void; ready?: { readonly script: Script; readonly context: Context } } = { job() {} };

/**
 * Which of the texts match, as their indexes; undefined when all together take longer than 100 ms, or 1.1 s where the machine
 * has no time for us.
 */
export function matching(pattern: RegExp, texts: readonly string[]): ReadonlySet<number> | undefined {
  const startedUs = cpuUs();
  const found = tryMatching(pattern, texts, MATCH_MS);
  const starved = cpuUs() - startedUs < (MATCH_MS * 1000) / 2;
  return found === undefined && starved ? tryMatching(pattern, texts, STARVED_MATCH_MS) : found;
}

function cpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

function tryMatching(pattern: RegExp, texts: readonly string[], timeout: number): ReadonlySet<number> | undefined {
  const found = new Set<number>();
  matcher.job = () => {
    for (const [index, text] of texts.entries()) if (text.search(pattern) >= 0) found.add(index);
  };
  if (matcher.ready === undefined) {
    const { Script, createContext } = process.getBuiltinModule('node:vm');
    matcher.ready = { script: new Script('job()'), context: createContext({ job: () => matcher.job() }) };
  }
  try {
    matcher.ready.script.runInContext(matcher.ready.context, { timeout });
    return found;
  } catch (error) {
    if (isTimeout(error)) return undefined;
    throw error;
  } finally {
    matcher.job = () => {};
  }
}

/** The error is of the other context, so it is no `Error` of ours. */
function isTimeout(error: unknown): boolean {
  return (
    typeof error === 'object' && error !== null && 'code' in error && error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
  );
}
