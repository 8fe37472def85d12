/** The process: arguments, signals and the exit code. What the commands do is in `cli/`. */
import { runCommandLine } from './cli/command-line.ts';

/** If something still keeps the process alive so long after its work is done, it ends all the same, in ms. */
const LINGER_MS = 1000;

void runCommandLine(process.argv.slice(2), process.env).then((code) => {
  process.exitCode = code;
  setTimeout(() => process.exit(), LINGER_MS).unref();
});
