import { closeSync, fdatasyncSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type Figure, figureOf } from './statistics.ts';

const WRITES = 50;

/** How long the disk under a folder takes to make 1 KiB durable, in ms: what is durable can't be faster. */
export function syncMs(folder: string): Figure {
  const fd = openSync(join(folder, 'sync'), 'w');
  const times = Array.from({ length: WRITES }, () => timed(() => writeDurably(fd)));
  closeSync(fd);
  return figureOf(times);
}

/** Makes 1 KiB durable in a file of the folder, then the folder itself, at each call; gives how long that took, in ms. */
export function durableWrite(folder: string): () => number {
  const [file, itself] = [openSync(join(folder, 'two-syncs'), 'w'), openSync(folder, 'r')];
  return () =>
    timed(() => {
      writeDurably(file);
      fsyncSync(itself);
    });
}

/** Replaces a file of the folder by a new one of so many bytes, durably, at each call; gives how long that took, in ms. */
export function durableReplace(folder: string, bytes: number): () => number {
  const content = Buffer.alloc(bytes, 'x');
  const itself = openSync(folder, 'r');
  return () =>
    timed(() => {
      const file = openSync(join(folder, 'new'), 'w');
      writeDurably(file, content);
      closeSync(file);
      renameSync(join(folder, 'new'), join(folder, 'whole'));
      fsyncSync(itself);
    });
}

function writeDurably(fd: number, content = Buffer.alloc(1024)): void {
  writeSync(fd, content);
  fdatasyncSync(fd);
}

function timed(work: () => void): number {
  const startedMs = performance.now();
  work();
  return performance.now() - startedMs;
}
