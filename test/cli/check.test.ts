import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { check } from '../../src/cli/check.ts';
import { fakeTable } from '../config/fake-kinds.ts';

const GOOD = join(import.meta.dirname, '..', 'fixtures', 'config', 'good.yaml');
const WRONG = join(import.meta.dirname, '..', 'fixtures', 'config', 'wrong.yaml');

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hookkeeper-check-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function run(file: string, { colour = false, columns = 100, elsewhere = false, terminal = false } = {}) {
  let output = '';
  const write = (text: string) => {
    output += text;
  };
  const code = check({ file, table: fakeTable, env: {}, write, colour, columns, elsewhere, terminal });
  return { code, output: output.replaceAll(folder, 'DIR') };
}

function runText(text: string, options = {}) {
  const file = join(folder, 'hooks.yaml');
  writeFileSync(file, text);
  return run(file, options);
}

describe('hookkeeper check', () => {
  it('shows the plan of each hook with its budget, and exits with 0', () => {
    const { code, output } = run(GOOD);
    expect(code).toBe(0);
    expect(output.replaceAll(GOOD, 'good.yaml')).toBe(`grace period 45s (from the file), reserve 10s

app postStart
   #  task     does       timeout  attempts  priority  failure/timeout  at latest
   1  warm-up  work warm  20s      5         normal    fail             0s - 20s
  timeout 1m30s - answer 250ms = 1m29.75s: worst case 20s, 1m9.75s to spare

app preStop
   #    task              does               timeout  attempts  priority  failure/timeout  at latest
   1    let-load-balanc…  pause 5000 ms      -        1         normal    fail             0s - 5s
   2 ┌  save-state        work save everyt…  20s      1         critical  fail/continue    5s - 15s
     └  flush-metrics     work flush         3s       1         optional  continue         5s - 8s
   3    goodbye           pause 1000 ms      -        1         normal    fail             15s - 16s
  grace 45s - reserve 10s - answer 250ms = 34.75s: worst case 16s, 18.75s to spare

helper postStart
  no tasks: it is answered at once

helper preStop
  no tasks: it is answered at once

good.yaml is good
`);
  });

  it('shows every problem with its line and a caret, and exits with 2', () => {
    const { code, output } = runText(
      'version: 1\ncontainers:\n  app:\n    postStart:\n      - name: a\n        pause: 5\n',
    );
    expect(code).toBe(2);
    expect(
      output,
    ).toBe(`DIR/hooks.yaml:6:16 error containers.app.postStart[0].pause must be a duration with a unit such as 30s or 1m30s: value is 5, write "5s"
    6 |         pause: 5
      |                ^

DIR/hooks.yaml cannot be used: 1 error
`);
  });

  it('counts all problems of a file that is wrong in many ways', () => {
    const { code, output } = run(WRONG);
    expect(code).toBe(2);
    expect(output.trimEnd().split('\n').at(-1)).toBe(`${WRONG} cannot be used: 43 errors and 2 warnings`);
  });

  it('shows warnings before the plan, and exits with 0', () => {
    const { code, output } = runText(
      'version: 1\ncontainers:\n  app:\n    preStop:\n      - { name: a, pause: 26s }\n',
    );
    expect(code).toBe(0);
    expect(output).toMatch(/^DIR\/hooks.yaml:3:3 warning containers.app should have a postStart too/);
    expect(output).toContain('grace 30s - reserve 5s - answer 250ms = 24.75s: worst case 26s, 1.25s too long\n');
    expect(output).toMatch(/DIR\/hooks.yaml is good, with 2 warnings\n$/);
  });

  it('says what takes the time that is left, and what the critical tasks alone take', () => {
    const hooks = (steps: string) => `version: 1\ncontainers: { app: { postStart: [], preStop: [${steps}] } }`;
    const open = runText(hooks('{ name: a, work: { command: [x] } }, { name: b, pause: 5s }')).output;
    expect(open).toContain('= 24.75s: worst case 5s plus tasks without a timeout, 19.75s left for those');
    expect(open).toMatch(/1 {2}a .* 0s - \?\n/);
    expect(open).toMatch(/2 {2}b .* \? - \?\n/);
    const tight = runText(hooks('{ name: a, pause: 20s }, { name: b, pause: 10s, priority: critical }')).output;
    expect(tight).toContain('worst case 30s, 5.25s too long, critical alone 10s');
    const own = runText(
      'version: 1\ncontainers: { app: { postStart: [], preStop: { tasks: [{ name: a, pause: 1s }], timeout: 8s } } }',
    ).output;
    expect(own).toContain('timeout 8s - answer 250ms = 7.75s: worst case 1s, 6.75s to spare');
  });

  it('looks for no file of another machine with --elsewhere, and says without it that there is this option', () => {
    const text = (more: string) =>
      `version: 1\naccess: { tokenFile: /nowhere/token }\ncontainers: { app: { postStart: [{ name: a, work: { command: [missing] }${more} }] } }\n`;
    const here = runText(text(''));
    expect(here.code).toBe(2);
    expect(here.output).toContain('must be an executable file');
    expect(here.output).toMatch(
      /cannot be used: 2 errors\nThe errors are about .* this machine: .* add --elsewhere\n$/,
    );
    const elsewhere = runText(text(''), { elsewhere: true });
    expect(elsewhere).toMatchObject({ code: 0, output: expect.stringMatching(/^grace period .* is good\n$/s) });
    expect(runText(text(', timeout: 5')).output).toMatch(/cannot be used: 3 errors\n$/);
    expect(runText(text(', timeout: 5'), { elsewhere: true }).output).toMatch(/cannot be used: 1 error\n$/);
  });

  it('says how a manifest is checked to who gives one for the config', () => {
    const map = 'apiVersion: v1\nkind: ConfigMap\ndata: { hooks.yaml: "version: 1" }\n';
    expect(runText(map)).toEqual({
      code: 2,
      output:
        'DIR/hooks.yaml error the file is a Kubernetes ConfigMap and no config: check it with the manifest of its workload, --manifest DIR/hooks.yaml WORKLOAD.yaml\n',
    });
    expect(runText(`${map}---\napiVersion: v1\nkind: Pod\n`)).toEqual({
      code: 2,
      output:
        'DIR/hooks.yaml error the file is a Kubernetes manifest and no config: check it with --manifest DIR/hooks.yaml\n',
    });
  });

  it('says why a file cannot be read, and exits with 2', () => {
    expect(run(join(folder, 'nowhere.yaml'))).toEqual({
      code: 2,
      output:
        "DIR/nowhere.yaml error the file cannot be read: ENOENT: no such file or directory, stat 'DIR/nowhere.yaml', name another with --config\n",
    });
    expect(run(folder).code).toBe(2);
  });

  it('shows no secret of a line', () => {
    const { output } = runText(
      'version: 1\naccess: { token: hunter2, tokenFile: 5 }\nurl: http://user:hunter2@host/\ncontainers: { app: { postStart: [{ name: a, work: { command: [a], env: { X: [hunter2] } }, timeout: 5 }] } }\n',
    );
    expect(output).toContain('access.token is not a known key');
    expect(output).not.toContain('hunter2');
  });

  it('shows no line of a value that may be a secret', () => {
    const { output } = runText(
      'version: 1\ncontainers:\n  app:\n    postStart:\n      - name: a\n        work:\n          command: [a]\n          env:\n            PIN: 1234\n',
    );
    expect(output).toContain('work.env.PIN must be text: value is (hidden)');
    expect(output).not.toContain('1234');
  });

  it.each([
    ['X: *hunter2', 'X: ********'],
    ['X: !hunter2 z', 'X: **********'],
    ['X: @hunter2', 'X: ********'],
    ['"X Y": |hunter2', '***************'],
  ])('shows no secret of a line that is no YAML below env: %s', (line, shown) => {
    const { output } = runText(
      `version: 1\ncontainers:\n  app:\n    postStart:\n      - name: a\n        work:\n          command: [a]\n          env:\n            A: b\n\n            ${line}\n`,
    );
    expect(output).toContain(`   11 |             ${shown}\n`);
    expect(output).not.toContain('hunter2');
  });

  it('shows a line that is no YAML behind the secrets', () => {
    const { output } = runText(
      'version: 1\ncontainers:\n  app:\n    postStart:\n      - name: a\n        work:\n          env:\n            A: b\n          command: *words\n',
    );
    expect(output).toContain('    9 |           command: *words\n');
  });

  it('fits into the columns there are, and never cuts the numbers', () => {
    for (const columns of [60, 80, 100, 120]) {
      const lines = run(GOOD, { columns }).output.split('\n');
      const table = lines.filter((line) => / - \d+s$/.test(line));
      expect(table).toHaveLength(5);
      expect(Math.max(...table.map((line) => line.length))).toBeLessThanOrEqual(columns);
    }
    const long = `version: 1\nx: 1 # ${'-'.repeat(300)}\n${' '.repeat(300)}y: 1\n`;
    const excerpt = runText(long, { columns: 80 })
      .output.split('\n')
      .filter((line) => line.includes(' | '));
    expect(excerpt.length).toBeGreaterThan(0);
    for (const line of excerpt) expect(line.length).toBeLessThanOrEqual(80);
  });

  it.each([40, 60, 80, 120])(
    'breaks no sentence at the margin of a terminal of %i columns, and loses none',
    (columns) => {
      for (const file of [WRONG, GOOD]) {
        const { output } = run(file, { columns, terminal: true });
        const lines = output.split('\n').filter((line) => !/ - (?:\d+s|\?)$| at latest$/.test(line));
        expect(lines.filter((line) => line.length > columns)).toEqual([]);
        const { output: plain } = run(file, { columns });
        expect(output.replaceAll(/\s+/g, '')).toBe(plain.replaceAll(/\s+/g, ''));
        expect(stripVTControlCharacters(run(file, { columns, terminal: true, colour: true }).output)).toBe(output);
      }
    },
  );

  it('has the same text in colour and plain, and no control characters when plain', () => {
    for (const file of [GOOD, WRONG]) {
      const [plain, coloured] = [run(file).output, run(file, { colour: true }).output];
      expect(coloured).not.toBe(plain);
      expect(stripVTControlCharacters(coloured)).toBe(plain);
      expect(stripVTControlCharacters(plain)).toBe(plain);
    }
  });
});
