import { connect, type Socket } from 'node:net';

/**
 * Opens a connection to a port of 127.0.0.1 and adds it to `sockets`; false where nobody takes it. It sends one byte that begins
 * a request, and never a second: for most servers such a connection is in use.
 */
export function holdOpen(port: number, sockets: Socket[]): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.write('G');
      resolve(true);
    });
    sockets.push(socket);
    socket.on('error', () => resolve(false));
    socket.resume();
  });
}
