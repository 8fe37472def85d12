import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type JsonPath, parseJsonPath, readJsonPath } from '../../../src/tasks/http/json-path.ts';

const DOCUMENT = {
  status: { draining: false, finished: null, 'node-id': 7, 'a b': "it's", '': 'nameless' },
  nodes: [{ id: 'n1' }, { id: 'n2' }],
  straße: 'ok',
};

/** What stands at a path that must be right. */
function at(text: string): unknown {
  const parsed = parseJsonPath(text);
  if (!parsed.ok) throw new Error(`${text} ${parsed.reason}`);
  return readJsonPath(DOCUMENT, parsed.path);
}

describe('a JSON path', () => {
  it.each([
    ['$', DOCUMENT],
    ['$.status.draining', false],
    ['$.status.finished', null],
    ['$.status.node-id', 7],
    ["$.status['a b']", "it's"],
    ['$["status"]["a b"]', "it's"],
    ['$.status[""]', 'nameless'],
    ['$.nodes[1].id', 'n2'],
    ['$.nodes[-1].id', 'n2'],
    ['$.straße', 'ok'],
  ])('%s finds what is there', (text, value) => {
    expect(at(text)).toEqual(value);
  });

  it.each([
    '$.none',
    '$.none.deeper[3]',
    '$.nodes[2]',
    '$.nodes[-3]',
    '$.nodes.length',
    '$.nodes["0"]',
    '$.status[0]',
    '$.status.node-id.toFixed',
    '$.constructor',
    '$.__proto__',
    '$.status.finished.deeper',
  ])('%s finds nothing', (text) => {
    expect(at(text)).toBeUndefined();
  });

  it.each([
    ['', 'must begin with $, the whole document: $.status'],
    ['status', 'must begin with $, the whole document: $.status'],
    ['$status', 'must go on with .name, ["name"] or [0] at "status"'],
    ['$.', 'must go on with .name, ["name"] or [0] at "."'],
    ['$.a.', 'must go on with .name, ["name"] or [0] at "."'],
    ['$..a', 'must go on with .name, ["name"] or [0] at "..a"'],
    ['$.a[*]', 'must go on with .name, ["name"] or [0] at "[*]"'],
    ['$.a[?(@.b)]', 'must go on with .name, ["name"] or [0] at "[?(@.b)]"'],
    ['$.a[1:2]', 'must go on with .name, ["name"] or [0] at "[1:2]"'],
    ['$.a["b]', 'must go on with .name, ["name"] or [0] at "["b]"'],
    ['$.a b', 'must go on with .name, ["name"] or [0] at " b"'],
    ['$.1a', 'must go on with .name, ["name"] or [0] at ".1a"'],
    [`$.${'a'.repeat(600)}`, 'must have at most 512 characters'],
  ])('is refused with the place and what may stand there: %s', (text, reason) => {
    expect(parseJsonPath(text)).toEqual({ ok: false, reason });
  });

  it('reads back as written, whatever the names', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.string({ maxLength: 20, unit: 'binary' }), fc.integer({ min: -99, max: 99 }))),
        (path) => {
          fc.pre(written(path).length <= 512);
          expect(parseJsonPath(written(path))).toEqual({ ok: true, path });
        },
      ),
    );
  });

  it('finds in any document what a walk by hand finds, and never throws', () => {
    fc.assert(
      fc.property(
        fc.jsonValue(),
        fc.array(fc.oneof(fc.constantFrom('a', '__proto__', 'length', ''), fc.nat(3))),
        (document, path) => {
          const found = readJsonPath(document, path);
          if (path.length === 0) expect(found).toBe(document);
          if (found === undefined) return;
          expect(JSON.stringify(document)).toContain(JSON.stringify(found));
        },
      ),
    );
  });

  it('never throws on any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        for (const path of [text, `$${text}`, `$['${text}']`]) expect(parseJsonPath(path)).toHaveProperty('ok');
      }),
    );
  });
});

function written(path: JsonPath): string {
  return `$${path.map((step) => `[${typeof step === 'number' ? step : `'${step.replaceAll(/['\\]/g, String.raw`\$&`)}'`}]`).join('')}`;
}
