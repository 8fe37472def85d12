import { connect } from 'node:net';
import { openHookPort } from '../../server/hook-port.ts';
import { anyBytes } from './headers.ts';
import { must, type Target, target } from './target.ts';

/** The real hook port, which wants a token that nobody has, and bytes on real sockets. */
export const port: Target = {
  name: 'bytes on a socket',
  async run(bounds) {
    await using opened = await openHookPort({ token: () => ({ allowed: false, reason: 'it brings no token' }) });
    return target('bytes on a socket', anyBytes, async (bytes) => {
      await sent(opened.port, bytes);
      must(opened.held.length === 0, 'a hook was run without the token');
      must(opened.bugs.length === 0, `a bug: ${String(opened.bugs[0])}`);
      opened.lines.length = 0;
      opened.refusals.length = 0;
    }).run(bounds);
  },
};

/** Resolves when the port has closed the connection. */
function sent(to: number, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port: to, allowHalfOpen: true });
    socket.on('error', () => {});
    socket.once('end', () => socket.resetAndDestroy());
    socket.once('close', () => resolve());
    socket.resume();
    socket.end(bytes);
  });
}
