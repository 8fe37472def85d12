import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkManifests } from '../../src/manifests/check-manifests.ts';
import { FILE_CODES, RULES } from '../../src/manifests/rules.ts';
import { taskTable } from '../../src/tasks/table.ts';
import { CASES, type Edit } from './cases.ts';

const GOOD = readFileSync(join(import.meta.dirname, '..', 'fixtures', 'manifests', 'good.yaml'), 'utf8');

function edited(edits: readonly Edit[]): string {
  return edits.reduce((text, [piece, instead]) => {
    expect(text.split(piece).length, `"${piece}" is there once`).toBe(2);
    return text.replace(piece, () => instead);
  }, GOOD);
}

function findingsOf(text: string) {
  return checkManifests({ manifests: [{ file: 'web.yaml', text }], config: undefined, table: taskTable }).findings;
}

describe('check --manifest', () => {
  it('finds nothing in a manifest that is right', () => {
    expect(findingsOf(GOOD)).toEqual([]);
  });

  it('has a case for every code, and a code for every case', () => {
    const codes = [...RULES, ...FILE_CODES].map(({ code }) => code);
    expect(new Set(codes).size).toBe(codes.length);
    expect(CASES.map(({ code }) => code).toSorted()).toEqual(codes.toSorted());
  });

  it.each(CASES)('$code: finds $about, where it stands, and says what to write', (each) => {
    const text = edited(each.edits);
    const findings = findingsOf(text);
    const rule = [...RULES, ...FILE_CODES].find(({ code }) => code === each.code);
    const [found, ...others] = [
      ...findings.filter(({ code }) => code === each.code),
      ...findings.filter(({ code }) => code !== each.code),
    ];
    expect(new Set(others.map(({ code }) => code))).toEqual(new Set(each.beside ?? []));
    expect(found?.code).toBe(each.code);
    expect(found?.severity).toBe(each.severity ?? rule?.severity);
    expect(text.split(each.at).length, `"${each.at}" is there once`).toBe(2);
    const before = text.slice(0, text.indexOf(each.at)).split('\n');
    expect(found?.place).toMatchObject({ file: 'web.yaml', line: before.length });
    expect(found?.message.length).toBeGreaterThan(10);
    expect(found?.fix.length).toBeGreaterThan(5);
  });

  it.each(CASES.filter(({ right }) => right.length > 0))(
    '$code: finds nothing in what is near it and right',
    ({ code, right }) => {
      const codes = findingsOf(edited(right)).map((finding) => finding.code);
      expect(codes).not.toContain(code);
      expect(codes.filter((each) => each !== 'config')).toEqual([]);
    },
  );
});

describe('a header that harms', () => {
  it('is found however it is spelt', () => {
    const path = 'path: /prestop/app';
    const found = findingsOf(
      edited([[path, `${path}\n                httpHeaders: [{ name: idempotency-KEY, value: web }]`]]),
    );
    expect(found.map(({ code, fix }) => [code, fix])).toEqual([['hook-header', 'take idempotency-KEY out']]);
    expect(found[0]?.message).toMatch(/sends idempotency-KEY, which is the same for each life/);
  });
});

describe('docs/findings.md', () => {
  /** `UPDATE_README=1 npx vitest run test/manifests/findings.test.ts` writes the sections instead of comparing them. */
  const file = join(import.meta.dirname, '..', '..', 'docs', 'findings.md');

  it('has a section for each code: what must hold, why, and the lines to write instead', () => {
    const sections = [...FILE_CODES, ...RULES].map(({ code, severity, rule, reason }) => {
      const each = CASES.find((one) => one.code === code);
      const fix = findingsOf(edited(each?.edits ?? [])).find((finding) => finding.code === code)?.fix ?? '';
      const isYaml = fix.includes('\n') || /^[\w.]+:/.test(fix);
      const remedy = isYaml ? `:\n\n\`\`\`yaml\n${fix}\n\`\`\`` : `: ${fix}.`;
      return `### \`${code}\`\n\n**${severity}**: ${rule}\n\n${reason}\n\nThe remedy for ${each?.about}${remedy}`;
    });
    const text = readFileSync(file, 'utf8');
    const [head = ''] = text.split('<!-- findings -->');
    const expected = `${head}<!-- findings -->\n\n${sections.join('\n\n')}\n`;
    if (process.env['UPDATE_README'] === '1') writeFileSync(file, expected);
    else expect(text).toBe(expected);
  });
});
