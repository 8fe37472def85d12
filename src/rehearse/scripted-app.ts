/**
 * The app of a rehearsed pod, a process of its own: says `started` when it hears signals, listens on `PORT` (where it is set)
 * after `START_MS`, and does with SIGTERM what `ON_SIGTERM` says: `exit` (at once, with 0), `drain` (after `DRAIN_MS`) or
 * `ignore`. SIGUSR2 makes it crash, SIGHUP makes it complete.
 */
import { createServer } from 'node:http';

const { PORT, START_MS = '0', ON_SIGTERM = 'exit', DRAIN_MS = '0' } = process.env;

process.on('SIGUSR2', () => process.exit(1));
process.on('SIGHUP', () => process.exit(0));
process.on('SIGTERM', () => {
  if (ON_SIGTERM === 'exit') process.exit(0);
  if (ON_SIGTERM === 'drain') setTimeout(() => process.exit(0), Number(DRAIN_MS));
});
// Without a port something has to keep it alive.
setInterval(() => {}, 60_000);
process.stdout.write('started\n');
if (PORT !== undefined) {
  const server = createServer((_request, response) => response.end('ok\n'));
  setTimeout(() => server.listen(Number(PORT), '127.0.0.1'), Number(START_MS));
}
