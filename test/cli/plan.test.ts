import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { plan } from '../../src/cli/plan.ts';
import type { RunRecord } from '../../src/journal/entry.ts';
import { fakeTable } from '../config/fake-kinds.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';
import { endedRun, endedTask } from '../journal/records.ts';

const CONFIG = `version: 1
grace: { period: 45s, reserve: 10s }
containers:
  app:
    postStart: []
    preStop:
      - { name: notice, pause: 5s }
      - { name: drain, work: { command: [drain] }, timeout: 10s, onTimeout: continue }
      - parallel:
          - { name: save, work: { command: [save], stop: 2s }, timeout: 12s, priority: critical }
          - { name: flush, work: { command: [flush] }, timeout: 6s, priority: optional }
`;

async function run(
  text: string,
  { runs, graceMs, colour = false, columns = 100, terminal = false }: Partial<Parameters<typeof plan>[0]> = {},
) {
  const file = join(await temporaryFolder(), 'hooks.yaml');
  writeFileSync(file, text);
  let output = '';
  const write = (more: string) => {
    output += more;
  };
  const code = await plan({ file, table: fakeTable, env: {}, graceMs, runs, write, colour, columns, terminal });
  return { code, output: output.replaceAll(file, 'hooks.yaml') };
}

const took = (drainMs: number, saveMs: number): RunRecord =>
  endedRun(1, {
    tasks: [
      endedTask({ name: 'notice', durationMs: 5001 }),
      endedTask({ name: 'drain', durationMs: drainMs }),
      endedTask({ name: 'save', durationMs: saveMs }),
      endedTask({ name: 'flush', durationMs: 1000 }),
    ],
  });

describe('hookkeeper plan', () => {
  it('draws each hook against its time, with its critical path, and what it loses when time is short', async () => {
    const { code, output } = await run(CONFIG, { runs: [took(2000, 3000), took(4000, 9000), took(3000, 3200)] });
    expect(code).toBe(0);
    expect(output).toBe(`grace 45s, reserve 10s
likely durations are the medians of a journal of 3 runs
█ likely  ░ at worst  ╌ as long as there is time  ╎ the time is over

app postStart
  no tasks: it is answered at once

app preStop
   #    task    priority  worst  likely  0s                                                   34.75s
   1    notice  normal    5s     5s      ████████                                                  ╎
   2    drain   normal    10s    3s              █████░░░░░░░░░░░░                                 ╎
   3 ┌  save    critical  14s    3.2s                             █████░░░░░░░░░░░░░░░░░░          ╎
     └  flush   optional  6s     1s                               ██░░░░░░░░                       ╎
  grace 45s - reserve 10s - answer 250ms = 34.75s: worst case 29s, 5.75s to spare
  critical path: notice → drain → save; likely 11.2s
  with a grace of 45s  in any case  nothing is lost
  with a grace of 30s  in any case  cut short: drain
  with a grace of 10s  at worst     shed: notice; cut short: save; left out: drain, flush
                       likely       shed: notice; left out: drain, flush
  with a grace of 2s   in any case  shed: notice; cut short: save; left out: drain, flush

`);
  });

  it('plans with another grace period where it is told one', async () => {
    const { output } = await run(CONFIG, { graceMs: 20_000 });
    expect(output).toContain('grace 20s, reserve 10s\n');
    expect(output).toContain('worst case 29s, 19.25s too long, critical alone 14s');
    expect(output).toMatch(
      /\n {2}with a grace of 20s +at worst .*\n {2}with a grace of 10s .*\n {2}with a grace of 2s .*\n/,
    );
  });

  it('marks what no timeout bounds, and what nobody knows', async () => {
    const { output } = await run(
      'version: 1\ncontainers: { app: { postStart: [], preStop: [{ name: a, work: { command: [x] } }, { name: b, pause: 2s }] } }\n',
    );
    expect(output).toMatch(/ 1 {2}a +normal +\? +\? +╌+╎\n/);
    expect(output).toMatch(/ 2 {2}b +normal +2s +2s +╎\n/);
    expect(output).toMatch(/critical path: a → b\n/);
  });

  it('shows where the time is over, in what takes longer', async () => {
    const { output } = await run(
      'version: 1\ncontainers: { app: { postStart: [], preStop: [{ name: a, pause: 20s }, { name: b, pause: 30s }] } }\n',
    );
    expect(output).toMatch(/ 2 {2}b .*█+╎█+\n/);
  });

  it('never adds up what is for a termination and what is for a restart', async () => {
    const { code, output } = await run(`version: 1
grace: { period: 45s, reserve: 10s }
containers:
  app:
    postStart: []
    preStop:
      - { name: first, pause: 5s }
      - { name: leave, pause: 25s, priority: critical, when: { reason: termination } }
      - { name: stay, pause: 20s, priority: critical, when: { reason: restart } }
      - { name: last, pause: 1s }
`);
    expect(code).toBe(0);
    expect(output).toContain('worst case 31s, 3.75s to spare');
    expect(output).toContain('critical path: first → leave → last; likely 31s');
    expect(output).toContain('with a grace of 45s  at worst  nothing is lost');
    expect(output).toContain('with a grace of 30s  at worst  shed: first; cut short: leave, stay');
    const barOf = (name: string) =>
      output
        .split('\n')
        .find((line) => line.includes(name))
        ?.indexOf('█');
    expect(barOf('  stay  ')).toBe(barOf('  leave  '));
  });

  it('takes a task that likely runs out of its own timeout for no loss of a short grace', async () => {
    const { output } = await run(CONFIG, { runs: [took(10_080, 3000)] });
    expect(output).toContain('with a grace of 45s  in any case  nothing is lost\n');
  });

  it('says nothing for sure where the journal knows not every task, such as that of another app', async () => {
    const other = endedRun(1, { container: 'other', tasks: [endedTask({ name: 'drain', durationMs: 1000 })] });
    expect((await run(CONFIG, { runs: [other] })).output).toContain(
      'with a grace of 45s  at worst  nothing is lost\n  with a grace of 30s  at worst  cut short: drain\n',
    );
    const partly = endedRun(1, { tasks: [endedTask({ name: 'drain', durationMs: 2000 })] });
    expect((await run(CONFIG, { runs: [partly] })).output).not.toContain('in any case');
  });

  it('tells all problems of a config, and ends with 2', async () => {
    const { code, output } = await run('version: 1\ncontainers: { app: { preStop: [{ name: a, pause: 5 }] } }\n');
    expect(code).toBe(2);
    expect(output).toContain('must be a duration with a unit');
    expect(output).toMatch(/hooks\.yaml cannot be used: 1 error/);
  });

  it('needs none of the scripts and files of the pod', async () => {
    const { code } = await run(
      'version: 1\ncontainers: { app: { postStart: [{ name: a, work: { command: [missing] }, timeout: 5s }] } }\n',
    );
    expect(code).toBe(0);
  });

  it('has the same text in colour, and fits into the columns there are', async () => {
    const plain = await run(CONFIG, { columns: 80 });
    const coloured = await run(CONFIG, { columns: 80, colour: true });
    expect(coloured.output).not.toBe(plain.output);
    expect(stripVTControlCharacters(coloured.output)).toBe(plain.output);
    const wide = plain.output.split('\n').filter((line) => line.length > 80 && /[░█╎]/.test(line));
    expect(wide).toEqual([]);
  });

  it('fits into a narrow terminal, sentences too', async () => {
    const { output } = await run(CONFIG, { columns: 56, terminal: true });
    expect(output.split('\n').filter((line) => line.length > 56)).toEqual([]);
    expect(output).toMatch(/ 1 +[\w-]+…? +\S+ +\S+ +[█░]/);
  });
});
