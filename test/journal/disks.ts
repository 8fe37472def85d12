import * as nodeFs from 'node:fs/promises';
import type { FileSystem } from '../../src/journal/durable-file.ts';

/** Everything that is asked of a disk, by name, those of an open file included. */
const OPERATIONS = ['lstat', 'mkdir', 'open', 'readdir', 'rename', 'rm'] as const;
const FILE_OPERATIONS = ['writeFile', 'datasync', 'sync', 'readFile', 'stat'] as const;
export type Operation = (typeof OPERATIONS)[number] | (typeof FILE_OPERATIONS)[number];

/**
 * The real disk, which asks `before` each operation: it may throw, or never resolve. `path` is that of the operation, or
 * of the open file.
 */
export function disk(before: (operation: Operation, path: string) => Promise<void>): FileSystem {
  async function open(...args: Parameters<typeof nodeFs.open>) {
    const path = String(args[0]);
    await before('open', path);
    const file = await nodeFs.open(...args);
    for (const operation of FILE_OPERATIONS) {
      const real: (...given: never[]) => Promise<unknown> = file[operation].bind(file);
      const value = async (...given: never[]) => {
        await before(operation, path);
        return real(...given);
      };
      Object.defineProperty(file, operation, { value });
    }
    return file;
  }
  return new Proxy(nodeFs, {
    get(target, name) {
      const operation = OPERATIONS.find((each) => each === name);
      if (operation === 'open') return open;
      const real = Reflect.get(target, name);
      if (operation === undefined || typeof real !== 'function') return real;
      return async (...args: unknown[]) => {
        await before(operation, String(args[0]));
        return Reflect.apply(real, target, args);
      };
    },
  });
}

/** An error as the system gives it. */
export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: a test says so`), { code });
}
