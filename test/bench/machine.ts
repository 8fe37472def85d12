import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os';

/** Where the figures come from: only ratios can be compared between machines. */
export interface Machine {
  readonly node: string;
  readonly system: string;
  readonly processor: string;
  readonly cores: number;
  readonly memoryGb: number;
  /** Of the last minute; more than a little means that others were at work too. */
  readonly load: number;
}

/** This machine as it is now. */
export function thisMachine(): Machine {
  return {
    node: process.version,
    system: `${type()} ${release()} ${process.arch}`,
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 1e9),
    load: Math.round((loadavg()[0] ?? 0) * 100) / 100,
  };
}
