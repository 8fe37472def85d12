import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { failureSentence, refusalSentence } from '../src/server/broken-answer.ts';
import { createTokenCheck } from '../src/server/token.ts';

const ROOT = join(import.meta.dirname, '..');
const SOURCES = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.ts'),
);
const source = SOURCES.map((file) => readFileSync(join(ROOT, 'src', file), 'utf8')).join('\n');

/** The first column of the table under "When something is wrong". */
const seen = (/## When something is wrong\n(.*?)\n## /s.exec(readFileSync(join(ROOT, 'README.md'), 'utf8'))?.[1] ?? '')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !/^\| (you see|---)/.test(line))
  .map((line) => line.split(' | ')[0]?.slice(2) ?? '');

/** What is quoted there as said by Kubernetes, or is a word of the config or a path, and not a sentence of Hookkeeper. */
const NOT_OURS = /^(PostStartHookError|FailedPreStopHook|drain|check|\/readyz)/;

/** The words of Hookkeeper that a cell quotes, without what stands for other text (`…`, the `x` of a container). */
function quotes(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)]
    .flatMap(([, quote = '']) =>
      NOT_OURS.test(quote) ? [...quote.matchAll(/"([^"]+)"/g)].map(([, own = '']) => own) : [quote],
    )
    .flatMap((quote) =>
      quote
        .replace(/^… /, '')
        .replaceAll('"', '')
        .split(/\s*…\s*| container x /),
    )
    .filter((words) => words !== '');
}

const saidBySentences = [
  failureSentence({ id: 'r-1', hook: 'postStart', outcome: 'failed', reason: 'why' }),
  refusalSentence({ reason: 'container x', remedy: 'y' }),
  refusalSentence({ reason: reasonWithoutToken(), remedy: 'y' }),
].join('\n');

/** Any file that is not empty holds a token. */
function reasonWithoutToken(): string {
  const file = () => join(ROOT, 'test', 'fixtures', 'config', 'good.yaml');
  const verdict = createTokenCheck({ file, monotonicMs: () => 0, onChange: () => {} })(undefined);
  return verdict.allowed ? '' : verdict.reason;
}

describe("the README's table of what goes wrong", () => {
  it('is read here', () => {
    expect(seen.length).toBeGreaterThan(15);
    expect(seen.flatMap(quotes).length).toBeGreaterThan(10);
  });

  it.each(seen.flatMap((cell) => quotes(cell).map((words) => [words, cell])))(
    'quotes %j as the program says it',
    (words) => {
      expect(source.includes(words) || saidBySentences.includes(words)).toBe(true);
    },
  );
});
