/**
 * Run before each test file under mutation: nothing can start a process. A mutant of a loop that starts processes would
 * fill the machine's table of them, and what it started would outlive the time it is given.
 */
import childProcess from 'node:child_process';
import { syncBuiltinESMExports } from 'node:module';

function refuse(): never {
  throw new Error('under mutation no test starts a process: put it into a test file that imports node:child_process');
}

Object.assign(childProcess, {
  exec: refuse,
  execFile: refuse,
  execFileSync: refuse,
  execSync: refuse,
  fork: refuse,
  spawn: refuse,
  spawnSync: refuse,
});
syncBuiltinESMExports();
