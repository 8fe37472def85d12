/** What the listening sockets of the pod's network namespace tell of a container's life. */
import { readFileSync } from 'node:fs';
import type { ContainerConfig } from '../config/config.ts';
import type { ActionFacts } from '../config/task-kind.ts';
import type { Sighting } from '../hooks/evidence.ts';
import { messageOf } from '../hooks/sentence.ts';
import { MOST_INODES, type SocketMark } from '../journal/marks.ts';
import { scanSockets, TCP_STATES } from '../proc/proc-net-tcp.ts';

const TABLES = ['/proc/net/tcp', '/proc/net/tcp6'] as const;

/** Looks once at who listens on a container's ports. All containers of a pod share them. Never throws. */
export function lookAtSockets(
  { ports }: Pick<ContainerConfig<ActionFacts>, 'ports'>,
  tables: readonly string[] = TABLES,
): Sighting<SocketMark> {
  if (ports.length === 0) return { kind: 'blind', why: 'no ports are in the config', remedy: "list the app's ports" };
  const wanted = new Set(ports);
  const inodes = new Set<number>();
  const failures: string[] = [];
  for (const table of tables) {
    try {
      scanSockets(readFileSync(table), wanted, ({ state, inode, localPort }) => {
        if (state === TCP_STATES.LISTEN && wanted.has(localPort)) inodes.add(inode);
      });
    } catch (error) {
      failures.push(messageOf(error));
    }
  }
  // A machine without IPv6 has one of them only.
  if (failures.length === tables.length)
    return { kind: 'blind', why: `the sockets can't be read: ${failures[0]}`, remedy: 'run it on Linux' };
  return { kind: 'seen', seen: { inodes: [...inodes].sort((a, b) => a - b).slice(0, MOST_INODES) } };
}
