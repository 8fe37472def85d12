import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSampleReader } from '../../../src/tasks/wait/prometheus-text.ts';

interface Read {
  readonly samples: readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number }[];
  readonly problem: string | undefined;
}

/** Reads a text that comes in pieces of so many bytes. */
function read(text: string, name = 'active', pieceBytes = 1_000_000): Read {
  const reader = createSampleReader(name);
  const bytes = Buffer.from(text);
  const samples = [];
  for (let at = 0; at < bytes.length; at += pieceBytes)
    samples.push(...reader.push(bytes.subarray(at, at + pieceBytes)));
  samples.push(...reader.end());
  const plain = samples.map(({ labels, value }) => ({ labels: Object.fromEntries(labels), value }));
  return { samples: plain, problem: reader.problem() };
}

describe('the reader of Prometheus text', () => {
  it.each([
    ['digits', `active ${'1'.repeat(60_000)}x`],
    ['digits behind a point', `active 1.${'1'.repeat(60_000)}x`],
    ['labels', `active{${'a="b",'.repeat(10_000)}x`],
    ['escapes', `active{a="${'\\\\'.repeat(30_000)}`],
    ['spaces', `active 1${' '.repeat(60_000)}x`],
    ['words', `active ${'1 '.repeat(30_000)}x`],
  ])('takes no longer for a line of many %s than for its length', (_what, line) => {
    const startedUs = process.cpuUsage().user;
    read(`${line}\n`);
    // One pass takes some milliseconds; one for each character would take seconds, in which no hook is answered.
    expect(process.cpuUsage().user - startedUs).toBeLessThan(2_000_000);
  });

  it('finds the samples of one metric among others', () => {
    const text = `# HELP active Connections, active{x="y"} 7 included
# TYPE active gauge
active{listener="http",address="0.0.0.0_8080"} 12
active_total 99
reactive 98
active:sum 97

active{listener="admin"} 1 1700000000000
other{active="1"} 96
active 3.5e1`;
    expect(read(text)).toEqual({
      samples: [
        { labels: { listener: 'http', address: '0.0.0.0_8080' }, value: 12 },
        { labels: { listener: 'admin' }, value: 1 },
        { labels: {}, value: 35 },
      ],
      problem: undefined,
    });
  });

  it.each([
    ['active 1', {}, 1],
    ['active\t-0.5\t-17', {}, -0.5],
    ['  active   .5  ', {}, 0.5],
    ['active 1.', {}, 1],
    ['active{} 1\r', {}, 1],
    ['active { a = "1" , } 2', { a: '1' }, 2],
    ['active{a="1"}2', { a: '1' }, 2],
    ['active{a=""} 1', { a: '' }, 1],
    ['active{a="}, b=\\"c\\" 9",b="{"} 1', { a: '}, b="c" 9', b: '{' }, 1],
    [String.raw`active{path="C:\\dir\n",q="\t"} 1`, { path: 'C:\\dir\n', q: '\\t' }, 1],
    ['active{ort="Gießen 🜂"} 1', { ort: 'Gießen 🜂' }, 1],
    ['active +Inf', {}, Number.POSITIVE_INFINITY],
    ['active -inf', {}, Number.NEGATIVE_INFINITY],
    ['active NaN', {}, Number.NaN],
    ['active 1 # {trace_id="a b"} 0.67 1.5', {}, 1],
    ['active{le="1"} 17 1520879607.789 # {} 0.3', { le: '1' }, 17],
  ])('reads %j', (line, labels, value) => {
    expect(read(`${line}\n`)).toEqual({ samples: [{ labels, value }], problem: undefined });
  });

  it.each([
    'active',
    'active one',
    'active 0x1F',
    'active 1_000',
    'active 1 2 3',
    'active{ 1',
    'active{a="1" 1',
    'active{a=1} 1',
    'active{a="1} 1',
    'active{a="1\\"} 1',
    'active{="1"} 1',
    'active{a="1";b="2"} 1',
    'active{,} 1',
  ])('says that it cannot read %j, instead of leaving it out of a sum', (line) => {
    expect(read(`${line}\nactive 1\n`)).toEqual({
      samples: [{ labels: {}, value: 1 }],
      problem: "a sample of active can't be read",
    });
  });

  it.each(['<html><body>\n', '{"a": 1,\n "b": 2}\n', '404 page not found\n', '\u0000\u0001\n'])(
    'says that it is not its format: %j',
    (text) => {
      expect(read(text).problem).toBe('what came is not in the Prometheus text format');
    },
  );

  it('reads over long lines of others, holding none of them, and is not led astray by what stands in them', () => {
    const long = `other{a="${'x'.repeat(200_000)} `;
    const text = `# ${'h'.repeat(300_000)}\nactive 1\n${long}active 5"} 7\nactive 2\n${long}`;
    for (const pieceBytes of [1000, 65_536, 1_000_000]) {
      expect(read(text, 'active', pieceBytes)).toEqual({
        samples: [
          { labels: {}, value: 1 },
          { labels: {}, value: 2 },
        ],
        problem: undefined,
      });
    }
  });

  it('says so when a line of the metric itself is too long to be held', () => {
    expect(read(`active{a="${'x'.repeat(100_000)}"} 1\nactive 2\n`, 'active', 1000)).toEqual({
      samples: [{ labels: {}, value: 2 }],
      problem: "a sample of active can't be read: its line is too long",
    });
  });

  it('reads back what is written in the format, in pieces of any size', () => {
    const label = fc.stringMatching(/^[a-z_][a-z0-9_]{0,8}$/);
    const labels = fc.dictionary(label, fc.string({ unit: 'grapheme', maxLength: 12 }), { maxKeys: 4 });
    const value = fc.oneof(fc.double(), fc.integer());
    const series = fc.array(fc.record({ labels, value }), { maxLength: 8 });
    fc.assert(
      fc.property(series, fc.integer({ min: 1, max: 40 }), (samples, pieceBytes) => {
        const plain = samples.map((sample) => ({ ...sample, labels: { ...sample.labels } }));
        const text = plain.map((sample) => `${written(sample)}\nother 1\n`).join('');
        expect(read(text, 'active', pieceBytes)).toEqual({
          // A minus zero is written as zero.
          samples: plain.map((sample) => ({ ...sample, value: sample.value === 0 ? 0 : sample.value })),
          problem: undefined,
        });
      }),
    );
  });

  it('never throws, and gives numbers only, whatever comes', () => {
    const hostile = fc.array(
      fc.oneof(
        fc.constantFrom('active', '{', '}', '"', '\\', '=', ',', ' ', '\n', '#', 'NaN', '1e999', '\t'),
        fc.string(),
      ),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(hostile, fc.integer({ min: 1, max: 9 }), (parts, pieceBytes) => {
        for (const { value } of read(parts.join(''), 'active', pieceBytes).samples) expect(typeof value).toBe('number');
      }),
    );
  });
});

function written({ labels, value }: Read['samples'][number]): string {
  const quoted = (text: string) =>
    text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n').toWellFormed();
  const inside = Object.entries(labels).map(([name, text]) => `${name}="${quoted(text)}"`);
  const number = Number.isFinite(value) ? String(value) : String(value).replace('Infinity', 'Inf');
  return `active{${inside.join(',')}} ${number}`;
}
