import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { watchTable } from '../../../src/tasks/connections/table-watch.ts';
import { temporaryFolder } from '../../helpers/temporary-folder.ts';

/** A folder that stands for `/proc/net`, with connections of port 8080 by their peers' ports, and a count of sockets. */
async function start({ clients = false } = {}) {
  const folder = await temporaryFolder();
  const kernel = (peerPorts: readonly number[], sockets: number) => {
    const line = (local: number, peer: number) =>
      `0: 0100007F:${hex(local)} 0100007F:${hex(peer)} 01 0:0 0:0 0 0 0 77 1\n`;
    const hex = (port: number) => port.toString(16).padStart(4, '0');
    const ends = (port: number) => [line(8080, port), ...(clients ? [line(port, 8080)] : [])];
    writeFileSync(join(folder, 'tcp'), peerPorts.flatMap(ends).join(''));
    writeFileSync(join(folder, 'sockstat'), `TCP: inuse ${sockets} orphan 0\n`);
  };
  kernel([], 0);
  const filter = { ports: new Set([8080]), states: new Set([1]), isExcluded: () => false, keepsEnded: true };
  const table = watchTable(folder, '4', filter);
  onTestFinished(table.close);
  const look = () => table.look(new AbortController().signal);
  return { table, kernel, look };
}

const NOBODY: ReadonlySet<number> = new Set();

describe('the watch of a table', () => {
  it('estimates with the fewest others it has seen, so that the end of a short one is not taken for one of ours', async () => {
    const { table, kernel, look } = await start();
    kernel([1, 2], 10);
    await look();
    kernel([1, 2], 14);
    await look();
    kernel([1, 2], 12);
    table.poll();
    expect([table.hasChanged(), table.estimate()]).toEqual([true, 4]);
    kernel([1], 9);
    table.poll();
    expect(table.estimate()).toBe(1);
  });

  it('knows that a connection within the pod is two sockets', async () => {
    const { table, kernel, look } = await start({ clients: true });
    kernel([1, 2, 3, 4], 10);
    await look();
    expect(table.last().count).toBe(4);
    kernel([1, 2, 3], 8);
    table.poll();
    expect(table.estimate()).toBe(3);
    kernel([], 3);
    table.poll();
    expect(table.estimate()).toBe(1);
  });

  it('forgets others that were few long ago', async () => {
    const { table, kernel, look } = await start();
    kernel([1], 2);
    await look();
    kernel([1], 5);
    for (let each = 0; each < 8; each += 1) await look();
    kernel([], 4);
    table.poll();
    expect(table.estimate()).toBe(0);
  });

  it('cares for no change where the ports have neither a listener nor a connection', async () => {
    const { table, kernel, look } = await start();
    kernel([], 3);
    await look();
    kernel([], 4);
    table.poll();
    expect([table.hasChanged(), table.sockets()]).toEqual([false, 4]);
  });

  it('finds new what the look before has not seen, but for what is our own', async () => {
    const { table, kernel, look } = await start();
    kernel([1], 1);
    await look();
    expect(table.hasNew(NOBODY)).toBe(false);
    kernel([1, 2], 2);
    await look();
    expect(table.hasNew(NOBODY)).toBe(true);
    expect(table.hasNew(new Set(table.last().connections.keys()))).toBe(false);
    await look();
    expect(table.hasNew(NOBODY)).toBe(false);
  });
});
