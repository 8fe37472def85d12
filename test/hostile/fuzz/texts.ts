import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { LONGEST_MS, parseDuration } from '../../../src/config/duration.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { decodeJournal, encodeJournal, parseJournal } from '../../../src/journal/codec.ts';
import { checkManifests } from '../../../src/manifests/check-manifests.ts';
import { scanSockets } from '../../../src/proc/proc-net-tcp.ts';
import { taskTable } from '../../../src/tasks/table.ts';
import { createSampleReader } from '../../../src/tasks/wait/prometheus-text.ts';
import { anyJournal } from '../../journal/arbitrary.ts';
import { must, spoilt, spoiltText, target } from './target.ts';

const fixture = (...path: string[]) => readFileSync(join(import.meta.dirname, '..', '..', 'fixtures', ...path), 'utf8');
const YAML = [
  '[',
  '{',
  '\n',
  ': ',
  '- ',
  '*a',
  '&a ',
  '!!x ',
  '"',
  '<<: ',
  '? ',
  '|',
  '---\n',
  '\t',
  '9e99',
  '\0',
  '$(',
];

export const config = target(
  'config text',
  fc.oneof(spoiltText(fixture('config', 'good.yaml'), YAML), fc.string(), fc.json()),
  (text) => {
    const loaded = loadConfig({ text, file: 'hooks.yaml', table: taskTable, env: {}, elsewhere: true });
    if (loaded.ok) return;
    must(
      loaded.problems.some(({ severity }) => severity === 'error'),
      'refused without an error',
    );
    for (const { rule, remedy } of loaded.problems) must(rule !== '' && remedy !== '', 'a problem without words');
  },
);

export const manifests = target(
  'manifests',
  fc.oneof(spoiltText(fixture('manifests', 'good.yaml'), [...YAML, 'name: ', 'null', '[]', '{}', '-1']), fc.json()),
  (text) => {
    const { findings } = checkManifests({
      manifests: [{ file: 'web.yaml', text }],
      config: undefined,
      table: taskTable,
    });
    for (const { message, place } of findings) must(message !== '' && place.line >= 1, 'a finding without a place');
  },
);

export const journal = target(
  'journal text',
  anyJournal.chain((data) =>
    spoiltText(encodeJournal(data).toString('utf8'), ['{', '}', '[', 'null', '"', ',', '1e999', '-1', '__proto__']),
  ),
  (text) => {
    const decoded = parseJournal(text);
    if (decoded.kind !== 'journal') return;
    const again = decodeJournal(JSON.parse(encodeJournal(decoded.data).toString('utf8')));
    must(again.kind === 'journal', 'what was read cannot be read again when it is written');
  },
);

const TABLE = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 12345 1 0000 100 0 0 10 0
   1: 0100007F:1F90 0200007F:C350 01 00000000:00000000 00:00000000 00000000  1000        0 23456 1 0000 20 4 30 10 -1
   2: 00000000000000000000000001000000:1F90 00000000000000000000000001000000:C351 01 00000000:00000000 00:00000000 00000000 0 0 9 1
`;
export const sockets = target(
  '/proc/net tables',
  fc.oneof(spoilt(Buffer.from(TABLE), [':', ' ', '\n', 'F', '0A', '\0']), fc.uint8Array({ maxLength: 3000 })),
  (bytes) => {
    scanSockets(bytes, new Set([8080]), ({ localPort, peerPort, inode }) => {
      must(localPort === 8080 || peerPort === 8080, 'a socket of another port');
      must(inode >= 0, 'a socket of no inode');
    });
  },
);

const METRICS = `# HELP active of now\n# TYPE active gauge\nactive{pod="a\\"b",x=""} 1.5e3 1700000000\nactive 2 # {id="x"} 1\nother NaN\n`;
export const prometheus = target(
  'Prometheus text',
  fc.record({
    bytes: fc.oneof(
      spoilt(Buffer.from(METRICS), ['active', '{', '}', '"', '\\', '=', ',', '\n', '#', 'NaN', '1e999', '\xff']),
      fc.uint8Array({ maxLength: 3000 }).map((bytes) => Buffer.from(bytes)),
    ),
    piece: fc.integer({ min: 1, max: 200 }),
  }),
  ({ bytes, piece }) => {
    const reader = createSampleReader('active');
    const samples = [];
    for (let at = 0; at < bytes.length; at += piece) samples.push(...reader.push(bytes.subarray(at, at + piece)));
    for (const { value } of [...samples, ...reader.end()]) must(typeof value === 'number', 'a value that is no number');
  },
);

export const durations = target(
  'durations',
  fc.oneof(
    fc
      .array(fc.constantFrom('1', '9999', '.', '-', '+', 'h', 'm', 's', 'ms', 'us', 'ns', ' ', 'e', '0x', '٣'))
      .map((parts) => parts.join('')),
    fc.anything(),
  ),
  (input) => {
    const parsed = parseDuration(input);
    if (parsed.ok) must(Number.isInteger(parsed.ms) && parsed.ms >= 0 && parsed.ms <= LONGEST_MS, `${parsed.ms} ms`);
    else must(parsed.rule !== '', 'refused without a rule');
  },
);
