/**
 * The file that `hookkeeper` runs. It loads the bundled program with the code that V8 made of it when it was built, which
 * saves half of the start and a quarter of the memory. Code of another Node or another program is left aside: V8 itself
 * refuses the former, and compares no more than the length of the latter, so the program stands in front of its code.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Script } from 'node:vm';

/** What the program is built for (package.json, `engines`); an older one would fail in the middle of a hook. */
const OLDEST_MAJOR = 22;
if (Number(process.versions.node.split('.')[0]) < OLDEST_MAJOR) {
  process.stderr.write(`hookkeeper needs Node.js ${OLDEST_MAJOR} or newer: this is ${process.version}\n`);
  process.exit(2);
}

const file = join(__dirname, 'program.js');
const source = readFileSync(file);

/** The code for exactly this source, or undefined where there is none. */
function compiledCode(): Buffer | undefined {
  try {
    const cache = readFileSync(join(__dirname, 'program.v8'));
    return source.equals(cache.subarray(0, source.length)) ? cache.subarray(source.length) : undefined;
  } catch {
    return undefined;
  }
}

const cachedData = compiledCode();
const script = new Script(source.toString('latin1'), { filename: file, ...(cachedData && { cachedData }) });
const program: unknown = script.runInThisContext();
if (typeof program === 'function') program(exports, require, module, file, __dirname);
