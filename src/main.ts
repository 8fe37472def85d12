/** The process: arguments, signals and the exit code. What the commands do is in `cli/`. */
import { runCommandLine } from './cli/command-line.ts';

/** If something still keeps the process alive so long after its work is done, it ends all the same, in ms. */
const LINGER_MS = 1000;

/** What keeps a thread beside ours at work: a look at a file, a host name, a snapshot. */
const ON_A_THREAD = /^(?:FSReq|FileHandleCloseReq|GetAddrInfoReq|GetNameInfoReq|MessagePort)/;

const args = process.argv.slice(2);
void runCommandLine(args, process.env).then((code) => {
  process.exitCode = code;
  setTimeout(end, LINGER_MS).unref();
});

function end(): void {
  // Node waits for its threads, and one whose volume hangs may never come back: the pod would wait for its whole grace. Other
  // commands have nobody waiting but who looks at their exit code.
  if (args[0] === 'serve' && process.getActiveResourcesInfo().some((kind) => ON_A_THREAD.test(kind))) {
    process.stderr.write('hookkeeper: a volume or a name server does not answer, SIGKILL ends what waits for it\n');
    process.kill(process.pid, 'SIGKILL');
  }
  process.exit();
}
