/** Journals as full as they get, made by the program itself. */
import { cpSync } from 'node:fs';
import { writeConfig } from './configs.ts';
import { timedGet } from './fresh-get.ts';
import type { Bench } from './row.ts';
import { startServer } from './server.ts';
import { hookkeeper } from './servers.ts';

/** More than the journal keeps of both hooks of a container together. */
const FULL_RUNS = 44;

/** Prints more than the journal keeps of a task's output. */
const PRINT = 'i=0; while [ $i -lt 100 ]; do i=$((i+1)); echo "line $i of what the journal keeps of this task"; done';

/** The containers: one whose hooks have no tasks, one whose hooks leave in the journal what a task can. */
type Container = 'quiet' | 'loud';

/** A Hookkeeper that goes on with some journal. */
export interface Continued {
  /** Makes a delivery that is no repeat, of the postStart and the preStop in turns; resolves with how long it took, in ms. */
  readonly newRun: (container: Container) => Promise<number>;
  readonly stop: () => Promise<void>;
}

export interface Journals {
  /** A copy of the journal, filled up with runs of the container. */
  readonly filled: (journalDir: string, container: Container) => Promise<string>;
  /** Starts Hookkeeper with a copy of the journal. */
  readonly startWith: (journalDir: string) => Promise<Continued>;
}

/** Makes journals in folders of the scratch. */
export function createJournals({ program, scratch }: Pick<Bench, 'program' | 'scratch'>): Journals {
  const printing = [{ name: 'print', exec: { shell: PRINT } }];
  const configFile = writeConfig(scratch.folder(), {
    quiet: { postStart: [], preStop: [] },
    loud: { postStart: printing, preStop: printing },
  });
  let deliveries = 0;

  function copyOf(journalDir: string): string {
    const copy = scratch.folder();
    cpSync(journalDir, copy, { recursive: true });
    return copy;
  }

  async function start(journalDir: string): Promise<Continued> {
    const { port, stop } = await startServer(scratch, await hookkeeper({ program, configFile, journalDir }));
    let runs = 0;
    const newRun = (container: Container) => {
      runs += 1;
      deliveries += 1;
      const path = `/${runs % 2 === 1 ? 'poststart' : 'prestop'}/${container}`;
      return timedGet({ port, path, headers: { 'Idempotency-Key': `delivery-${deliveries}` } });
    };
    return { newRun, stop };
  }

  return {
    startWith: (journalDir) => start(copyOf(journalDir)),
    async filled(journalDir, container) {
      const copy = copyOf(journalDir);
      const { newRun, stop } = await start(copy);
      for (let run = 0; run < FULL_RUNS; run += 1) await newRun(container);
      await stop();
      return copy;
    },
  };
}
