/** The process: arguments, signals and the exit code. What the commands do is in `cli/`. */
import { runCommandLine } from './cli/command-line.ts';

/** If something still keeps the process alive so long after its work is done, it ends all the same, in ms. */
const LINGER_MS = 1000;

/** What keeps a thread beside ours at work: a look at a file, a host name, a snapshot. */
const ON_A_THREAD = /^(?:FSReq|FileHandleCloseReq|GetAddrInfoReq|GetNameInfoReq|MessagePort)/;

const args = process.argv.slice(2);
void runCommandLine(args, process.env).then((code) => {
  process.exitCode = code;
  setTimeout(() => end(code), LINGER_MS).unref();
});

function end(code: number): never {
  // Node waits for its threads, and one whose volume hangs may never come back: the pod would wait for its whole grace. The kernel
  // ends them where another program takes the place of this one, also as PID 1, which no SIGKILL of its own ends.
  if (args[0] === 'serve' && process.getActiveResourcesInfo().some((kind) => ON_A_THREAD.test(kind))) {
    process.stderr.write('hookkeeper: a volume or a name server does not answer, and is not waited for\n');
    process.execve?.(process.execPath, [process.execPath, '-e', `process.exit(${code})`], {});
  }
  process.exit();
}
