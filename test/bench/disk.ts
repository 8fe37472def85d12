import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type Figure, figureOf } from './statistics.ts';

const WRITES = 50;

/** How long the disk under a folder takes to make 1 KiB durable, in ms: what is durable can't be faster. */
export function syncMs(folder: string): Figure {
  const fd = openSync(join(folder, 'sync'), 'w');
  const block = Buffer.alloc(1024);
  const times: number[] = [];
  for (let write = 0; write < WRITES; write += 1) {
    const startedMs = performance.now();
    writeSync(fd, block);
    fdatasyncSync(fd);
    times.push(performance.now() - startedMs);
  }
  closeSync(fd);
  return figureOf(times);
}
