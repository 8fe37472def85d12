import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { LogLine } from '../helpers/program.ts';
import { json } from '../helpers/request.ts';
import { hooks, preStop, stage } from './stage.ts';

const MIB = 1024 * 1024;
const PRINTED_MIB = 200;
/** Generous: what is printed is many times as much. */
const MOST_GROWTH_MIB = 100;

/** The most memory a process ever had, in MiB. */
function peakMib(pid: number): number {
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

describe('a task that prints 200 MiB', () => {
  it.each([
    ['in short lines', 'yes $(printf %0100d 0)', ({ event }: LogLine) => event === 'outputLimit'],
    [
      'in one line without an end',
      "tr '\\0' x < /dev/zero",
      ({ msg }: LogLine) => String(msg).endsWith('x … (line cut)'),
    ],
  ])('%s costs little memory, and the log says what it left out', async (_how, print, says) => {
    const { task, configure, start, journal } = await stage();
    await configure(hooks({ preStop: [task('flood', `${print} | head -c ${PRINTED_MIB * MIB}\necho; echo the end`)] }));
    const service = await start();
    const before = peakMib(service.pid);
    expect(json(await preStop(service))).toMatchObject({ outcome: 'succeeded' });
    expect(peakMib(service.pid) - before).toBeLessThan(MOST_GROWTH_MIB);

    const log = service.log();
    expect(log.filter(({ event }) => event === 'taskOutput').length).toBeLessThanOrEqual(1000);
    const [kept] = (await journal()).runs.flatMap(({ tasks }) => tasks);
    const output = kept?.state === 'ended' ? kept.output : '';
    expect(Buffer.byteLength(output)).toBeLessThanOrEqual(4096);
    expect(output).toMatch(/the end$/);
    expect(log.filter(says)).not.toEqual([]);
  });
});
