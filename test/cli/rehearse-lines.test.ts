import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { sumLines } from '../../src/cli/rehearse-lines.ts';
import type { Rehearsal, RehearsedScenario } from '../../src/rehearse/rehearsal.ts';
import type { ScenarioName } from '../../src/rehearse/scenarios.ts';

const scenario = (name: ScenarioName, held: boolean): RehearsedScenario => ({
  name,
  about: 'a pod is deleted',
  notPlayed: null,
  startedAtMs: 0,
  durationMs: 21_500,
  runs: [],
  marks: [],
  verdicts: [{ promise: 'P1', name: 'once', held, why: 'it was so' }],
});
const rehearsal = (held: boolean): Rehearsal => ({
  version: 1,
  config: { file: 'hooks.yaml', digest: '0123456789ab' },
  grace: { periodMs: 45_000, reserveMs: 10_000 },
  dryRun: false,
  scenarios: [scenario('stop', held), scenario('short-grace', held)],
});

describe('the sum of a rehearsal', () => {
  it.each([
    [true, ['', '✔ 2 of 2 scenarios played in 43 s,', '    everything was kept']],
    [false, ['', '✘ 2 of 2 scenarios played in 43 s, 2', '    broken in stop, short-grace']],
  ])('fits into a narrow terminal, kept: %s', (held, lines) => {
    const style = { terminal: true, colour: false, columns: 40 };
    expect(sumLines(rehearsal(held), style)).toEqual(lines);
    expect(sumLines(rehearsal(held), { ...style, colour: true }).map(stripVTControlCharacters)).toEqual(lines);
  });

  it('is one line elsewhere, which can be searched for', () => {
    const style = { terminal: false, colour: false, columns: 40 };
    expect(sumLines(rehearsal(true), style)).toEqual(['', '✔ 2 of 2 scenarios played in 43 s, everything was kept']);
  });
});
