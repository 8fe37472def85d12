/**
 * What the app's listening sockets say of a life. An app that drains closes them, so that none is no news at a preStop; at a
 * postStart of the kubelet it is, as a life that listened has no second one.
 */
import type { SocketMark } from '../journal/marks.ts';
import type { Circumstances, Comparison } from './evidence.ts';

/** Compares the listening sockets with those of a life. */
export function compareSockets(mark: SocketMark | undefined, seen: SocketMark, about: Circumstances): Comparison {
  if (mark === undefined || mark.inodes.length === 0)
    return { kind: 'incomparable', why: 'no listening socket of the last life was seen' };
  if (seen.inodes.some((inode) => mark.inodes.includes(inode)))
    return { kind: 'same', why: "the last life's socket is still listening" };
  if (isAtStop(mark, seen))
    return {
      kind: 'incomparable',
      why: 'it is listening as at the end of its preStop, which may have changed its sockets',
    };
  // While its hook runs, an app may well close its sockets and open others.
  if (about.executing) return { kind: 'incomparable', why: 'its sockets may change while its hook is executed' };
  if (seen.inodes.length > 0) return { kind: 'different', why: 'another socket is listening than in the last life' };
  return about.hook === 'postStart' && about.fromKubelet
    ? { kind: 'different', why: "the last life's socket is closed, and a postStart came" }
    : { kind: 'incomparable', why: 'nobody listens on its ports, as when an app drains' };
}

/** What is known of a life after one more look: who listened at its last delivery, or first of all. */
export function learnSockets(
  mark: SocketMark | undefined,
  seen: SocketMark,
  { hook }: Circumstances,
): SocketMark | undefined {
  if (hook === undefined && mark !== undefined) return mark;
  if (isAtStop(mark, seen)) return mark;
  return seen.inodes.length > 0 ? seen : mark;
}

/**
 * What is known of a life as its preStop ends: an app that drains may have closed its sockets and opened others. They are no proof of
 * this life, as a kubelet whose grace was shorter may have started the app again meanwhile.
 */
export function learnSocketsAtStop(mark: SocketMark | undefined, { inodes }: SocketMark): SocketMark | undefined {
  const swapped = mark !== undefined && inodes.length > 0 && !inodes.some((inode) => mark.inodes.includes(inode));
  return swapped ? { inodes: mark.inodes, atStop: inodes } : mark;
}

function isAtStop(mark: SocketMark | undefined, { inodes }: SocketMark): boolean {
  return inodes.some((inode) => mark?.atStop?.includes(inode));
}
