/**
 * Reads the samples of one metric from Prometheus' text format
 * (https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format) as it streams in: all else is only skimmed,
 * and nothing but one line is ever held. Timestamps, and OpenMetrics' exemplars, are read over.
 */

export interface Sample {
  readonly labels: ReadonlyMap<string, string>;
  /** May be NaN, or infinite. */
  readonly value: number;
}

export interface SampleReader {
  /** Takes the next bytes; gives the samples that they complete. */
  push(bytes: Uint8Array): Sample[];
  /** Takes the end, where the last line may lack its line end. */
  end(): Sample[];
  /** Why what came is not to be trusted, if so: it is not in the format, or a sample of this metric can't be read. */
  problem(): string | undefined;
}

/** Characters of one line that are held at most. */
const LONGEST_LINE = 64 * 1024;

const LABEL = /\s*([A-Za-z_][A-Za-z0-9_]*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*(?:,|(?=\}))/y;

/** The value, perhaps a timestamp, perhaps an exemplar. */
const REST = /\s*(\S+)(?:\s+-?[0-9.]+)?\s*(?:#.*)?$/y;

/** What strconv.ParseFloat takes and instrumentation writes, but for hexadecimal. No digit can be taken in two ways. */
const NUMBER = /^[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:e[-+]?[0-9]+)?$/i;

const NO_FORMAT = 'what came is not in the Prometheus text format';

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', '"': '"', '\\': '\\' };

/** Makes a reader of the samples with this name, which is that of a sample: of a histogram, `…_count`. */
export function createSampleReader(name: string): SampleReader {
  const decoder = new TextDecoder();
  let held = '';
  let skipping = false;
  let problem: string | undefined;
  /** Until then, any text whatever could pass for metrics without this one. */
  let seen: 'nothing' | 'text' | 'a sample' = 'nothing';

  function take(line: string): Sample[] {
    const text = line.trim();
    if (text === '' || text.startsWith('#')) return [];
    if (!/^[A-Za-z_:{]/.test(text)) {
      problem ??= NO_FORMAT;
      return [];
    }
    if (seen !== 'a sample') seen = endsInNumber(text) ? 'a sample' : 'text';
    if (!text.startsWith(name) || /^[\w:]/.test(text.slice(name.length))) return [];
    const sample = readSample(text, name.length);
    if (sample === undefined) problem ??= `a sample of ${name} can't be read`;
    else seen = 'a sample';
    return sample === undefined ? [] : [sample];
  }

  return {
    push(bytes) {
      const lines = (held + decoder.decode(bytes, { stream: true })).split('\n');
      held = lines.pop() ?? '';
      if (skipping && lines.shift() !== undefined) skipping = false;
      const samples = lines.flatMap(take);
      if (skipping || held.length > LONGEST_LINE) {
        if (held.trimStart().startsWith(name)) problem ??= `a sample of ${name} can't be read: its line is too long`;
        skipping = true;
        held = '';
      }
      return samples;
    },
    end() {
      const last = held + decoder.decode();
      held = '';
      return skipping ? [] : take(last);
    },
    problem: () => problem ?? (seen === 'text' ? NO_FORMAT : undefined),
  };
}

/** Whether the last word is a number, as a sample's value, timestamp or exemplar is. */
function endsInNumber(line: string): boolean {
  return readValue(line.slice(Math.max(line.lastIndexOf(' '), line.lastIndexOf('\t')) + 1)) !== undefined;
}

function readSample(line: string, at: number): Sample | undefined {
  const labels = readLabels(line, at);
  if (labels === undefined) return undefined;
  REST.lastIndex = labels.end;
  const value = readValue(REST.exec(line)?.[1] ?? '');
  return value === undefined ? undefined : { labels: labels.found, value };
}

function readLabels(line: string, at: number): { found: ReadonlyMap<string, string>; end: number } | undefined {
  const found = new Map<string, string>();
  const open = /\s*\{/y;
  open.lastIndex = at;
  if (!open.test(line)) return { found, end: at };
  let end = open.lastIndex;
  for (;;) {
    LABEL.lastIndex = end;
    const label = LABEL.exec(line);
    if (label === null) break;
    const [, name = '', value = ''] = label;
    found.set(
      name,
      value.replaceAll(/\\(.)/gu, (all, escaped: string) => ESCAPES[escaped] ?? all),
    );
    end = LABEL.lastIndex;
  }
  const close = /\s*\}/y;
  close.lastIndex = end;
  return close.test(line) ? { found, end: close.lastIndex } : undefined;
}

function readValue(text: string): number | undefined {
  if (NUMBER.test(text)) return Number(text);
  const [, sign = '', word = ''] = /^([-+]?)(inf|infinity|nan)$/i.exec(text) ?? [];
  if (word === '') return undefined;
  if (word.toLowerCase() === 'nan') return Number.NaN;
  return sign === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}
