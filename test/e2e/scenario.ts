import { describe, expect, it } from 'vitest';
import { within } from '../helpers/within.ts';
import { type Life, type LifeOptions, live } from './life.ts';
import { type LifeReport, reportLine, reportOf } from './life-report.ts';

/** One row: a life as it is played, and what must have come of it. */
export interface Scenario extends Partial<LifeOptions> {
  readonly name: string;
  /** Plays it up to what ends the pod; returns when the rest comes by itself. */
  readonly play: (life: Life) => Promise<void>;
  /** False: the pod lives on when the scenario is over. */
  readonly ends?: boolean;
  readonly deliveries: readonly string[];
  readonly executions: Readonly<Record<string, number>>;
  readonly undos?: Readonly<Record<string, number>>;
  /** The sidecar's; by default 0. */
  readonly exit?: number | string;
  /** What else must hold. */
  readonly also?: (report: LifeReport, life: Life) => void;
}

/** Plays each scenario against the built program, one test each, and prints what came of it. */
export function play(title: string, defaults: Pick<LifeOptions, 'config'>, scenarios: readonly Scenario[]): void {
  describe(title, () => {
    it.each(scenarios)('$name', async (scenario) => {
      const life = await live({ ...defaults, ...scenario });
      await scenario.play(life);
      if (scenario.ends !== false) await within('the end of the pod', life.pod.ended, 45_000);
      const report = reportOf(life);
      process.stdout.write(`${reportLine(`${title}: ${scenario.name}`, report)}\n`);
      const { deliveries, executions, undos } = report;
      expect({ deliveries, executions, undos }).toEqual({
        deliveries: scenario.deliveries,
        executions: scenario.executions,
        undos: scenario.undos ?? {},
      });
      if (scenario.ends !== false) expect(report.exit).toBe(scenario.exit ?? 0);
      scenario.also?.(report, life);
      expect(life.on.processes()).toEqual([]);
    });
  });
}
