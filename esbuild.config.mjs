// Builds the program: one minified CommonJS file a part, so that a start reads one file, with the code that V8
// makes of it beside it. `node:http` is loaded with `require`: an ESM import of it also loads the WebSocket client, 20 ms
// and 12 MB on Node 22 and newer.
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { build, transform } from 'esbuild';
import { writeInside } from './.ci/inside.mjs';
import { buildStatusPage } from './.ci/status-page.mjs';

const { version } = JSON.parse(readFileSync('package.json', 'utf8'));

const unused = (...names) =>
  names.map((name) => `exports.${name} = () => { throw new Error('${name} is left out of this build'); };`).join('\n');

/**
 * Parts of our libraries that no code path of ours reaches, and what stands in for them: they are two thirds of the
 * bundle, and each pod would pay for them at its start. The tests run against the bundle; what is reached after all throws.
 */
const TRIMS = [
  ['body-parser', /\/body-parser\/index\.js$/, unused('json', 'raw', 'text', 'urlencoded')],
  ['qs', /\/qs\/lib\/index\.js$/, unused('parse', 'stringify')],
  [
    'serve-static',
    /\/serve-static\/index\.js$/,
    "module.exports = () => { throw new Error('express.static is left out'); };",
  ],
  ['send', /\/send\/index\.js$/, "module.exports = () => { throw new Error('sendFile is left out'); };"],
  ['cookie-signature', /\/cookie-signature\/index\.js$/, unused('sign', 'unsign')],
  [
    'mime-db',
    /\/mime-db\/index\.js$/,
    `module.exports = {
      'application/json': { charset: 'UTF-8', extensions: ['json'] },
      'text/html': { charset: 'UTF-8', extensions: ['html'] },
      'text/plain': { charset: 'UTF-8', extensions: ['txt'] },
      'application/octet-stream': { extensions: ['bin'] },
    };`,
  ],
  ['debug', /\/debug\/src\/index\.js$/, 'module.exports = () => Object.assign(() => {}, { enabled: false });'],
  ['OpenTelemetry', /\/@opentelemetry\/api\/dist\/index\.c?m?js$/, unused('context')],
  // Its histogram takes 0.4 MB, and wakes an idle pod a hundred times a second.
  [
    'prom-client event loop lag',
    /\/prom-client\/lib\/metrics\/eventLoopLag\.js$/,
    'module.exports = Object.assign(() => {}, { metricNames: [] });',
  ],
  // It reads the stack at each load, for which V8 looks for the ends of all lines of the program.
  [
    'depd',
    /\/depd\/index\.js$/,
    'module.exports = () => Object.assign(() => {}, { function: (made) => made, property() {} });',
  ],
  ['accepts', /\/accepts\/index\.js$/, "module.exports = () => { throw new Error('accepts is left out'); };"],
  ['ipaddr.js', /\/ipaddr\.js\/lib\/ipaddr\.js$/, unused('parse', 'isValid')],
  ['content-disposition', /\/content-disposition\/dist\/index\.js$/, unused('create', 'parse')],
  ['cookie', /\/cookie\/index\.js$/, unused('parse', 'serialize')],
  ['prom-client summary', /\/prom-client\/lib\/summary\.js$/, 'module.exports = class {};'],
  ['prom-client pushgateway', /\/prom-client\/lib\/pushgateway\.js$/, 'module.exports = class {};'],
  ['prom-client cluster', /\/prom-client\/lib\/cluster\.js$/, 'module.exports = class {};'],
  [
    'pino transport',
    /\/pino\/lib\/transport\.js$/,
    "module.exports = () => { throw new Error('pino transports are left out'); };",
  ],
  // It reads the stack for transports, too.
  ["pino's callers", /\/pino\/lib\/caller\.js$/, 'module.exports = () => undefined;'],
  // The logger writes to a stream of ours.
  [
    'sonic-boom',
    /\/sonic-boom\/index\.js$/,
    "module.exports = class { constructor() { throw new Error('sonic-boom is left out'); } };",
  ],
];

/**
 * Parts of our libraries that a start does without, and that are loaded when they are called: the default metrics with the first
 * scrape, the errors of express with the first of them. Each is one function.
 */
const LATER = [
  ['http-errors', /\/http-errors\/index\.js$/],
  ['prom-client default metrics', /\/prom-client\/lib\/defaultMetrics\.js$/],
];

/** Words of our libraries, each of which stands once in its file, and what is there in their stead: they cost a start, and do nothing for it. */
const REWORDED = [
  {
    name: 'the threads of pino',
    filter: /\/pino\/lib\/tools\.js$/,
    pairs: [["const { isMainThread } = require('worker_threads')", 'const isMainThread = true']],
  },
  // What describes the config's fields is for `hookkeeper schema` alone, and each description is one more copy of a schema.
  {
    name: 'the descriptions of zod',
    filter: /\/zod\/v4\/core\/api\.js$/,
    pairs: [
      ['const ch = new checks.$ZodCheck({ check: "describe" });', 'return undefined;'],
      ['const ch = new checks.$ZodCheck({ check: "meta" });', 'return undefined;'],
    ],
  },
  {
    name: 'the copies of zod',
    filter: /\/zod\/v4\/mini\/schemas\.js$/,
    pairs: [
      [
        'check(...checks) {',
        'check(...all) { const checks = all.filter((check) => check !== undefined); if (checks.length === 0) return this;',
      ],
    ],
  },
];

function trim() {
  const applied = new Set();
  return {
    name: 'trim',
    setup({ onResolve, onLoad, onEnd }) {
      for (const [name, filter, contents] of TRIMS) {
        onLoad({ filter }, () => {
          applied.add(name);
          return { contents, loader: 'js' };
        });
      }
      for (const [name, filter] of LATER) {
        onLoad({ filter }, ({ path, suffix }) => {
          if (suffix === WHOLE) return undefined;
          applied.add(name);
          return {
            contents: `module.exports = (...args) => require(${JSON.stringify(path + WHOLE)})(...args);`,
            loader: 'js',
          };
        });
      }
      onResolve({ filter: /\?whole$/ }, ({ path }) => ({ path: path.slice(0, -WHOLE.length), suffix: WHOLE }));
      for (const { name, filter, pairs } of REWORDED) {
        onLoad({ filter }, ({ path }) => {
          const text = readFileSync(path, 'utf8');
          if (pairs.every(([words]) => text.split(words).length === 2)) applied.add(name);
          const contents = pairs.reduce((before, [words, instead]) => before.replace(words, () => instead), text);
          return { contents, loader: 'js' };
        });
      }
      onEnd(() => {
        const names = [
          ...TRIMS.map(([name]) => name),
          ...LATER.map(([name]) => name),
          ...REWORDED.map(({ name }) => name),
        ];
        const errors = names
          .filter((name) => !applied.has(name))
          .map((name) => ({
            text: `the trim of ${name} matches nothing any more: look at what its library has become`,
          }));
        return { errors };
      });
    },
  };
}

/** Asks for a part of a library itself, not for what stands for it. */
const WHOLE = '?whole';

/**
 * Parts of Node.js that a start does without: each is loaded when something of it is used. Loading `crypto` alone takes a
 * tenth of a start.
 */
const LAZY = ['assert', 'child_process', 'crypto', 'https', 'perf_hooks', 'v8', 'worker_threads', 'zlib'];
const lazily = {
  name: 'lazily',
  setup({ onResolve, onLoad }) {
    const filter = new RegExp(`^(node:)?(${LAZY.join('|')})$`);
    onResolve({ filter }, ({ path, namespace }) => {
      if (namespace === 'lazily') return { path, external: true };
      return { path: path.replace(/^node:/, ''), namespace: 'lazily' };
    });
    onLoad({ filter: /.*/, namespace: 'lazily' }, async ({ path }) => {
      const module = await import(`node:${path}`);
      const names = Object.keys(module).filter((name) => name !== 'default');
      const itself =
        typeof module.default === 'function' ? `module.exports = (...args) => require('node:${path}')(...args);` : '';
      const contents = `${itself}for (const name of ${JSON.stringify(names)}) {
        Object.defineProperty(module.exports, name, { enumerable: true, get: () => require('node:${path}')[name] });
      }`;
      return { contents, loader: 'js' };
    });
  },
};

/** What `serve` does not need in a pod is a file of its own, loaded from beside the program when it is used. */
const besideIt = {
  name: 'beside it',
  setup({ onResolve }) {
    onResolve({ filter: /^pino-pretty$/ }, () => ({ path: './pino-pretty.cjs', external: true }));
    onResolve({ filter: /^\.\/tools\.ts$/ }, () => ({ path: './tools.cjs', external: true }));
    onResolve({ filter: /^\.\/status-page\.ts$/ }, () => ({ path: './status-page.cjs', external: true }));
    onResolve({ filter: /\/s3-client\.ts$/ }, () => ({ path: './snapshot-s3.cjs', external: true }));
  },
};

const options = {
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node22',
  minify: true,
  legalComments: 'none',
  define: { HOOKKEEPER_VERSION: JSON.stringify(version), 'import.meta.dirname': '__dirname' },
  logLevel: 'warning',
  metafile: true,
};

/** Every file that came into what is shipped. */
const shipped = new Set();
async function bundle(entry) {
  const result = await build({ ...options, ...entry });
  for (const file of Object.keys(result.metafile.inputs)) shipped.add(file);
  return result;
}

// Minified in a step of its own: the functions around CommonJS modules stay what they are, which V8 does not compile ahead.
const bundled = await bundle({
  entryPoints: ['src/main.ts'],
  outfile: 'dist/program.js',
  minify: false,
  write: false,
  supported: { 'dynamic-import': false },
  plugins: [trim(), besideIt, lazily],
});
const { code } = await transform(bundled.outputFiles[0].text, {
  minify: true,
  format: 'cjs',
  target: options.target,
  legalComments: 'none',
});
// One character beyond ASCII, and V8 keeps the whole text at twice its size.
const ascii = code.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
// One expression: a function like the one that Node makes of a CommonJS file, for `src/start.ts` to call.
mkdirSync('dist', { recursive: true });
writeFileSync('dist/program.js', `(function (exports, require, module, __filename, __dirname) {${ascii}})`);

/** A bound that is hit when a library slips in whole, as zod does with all its languages when its `core` is touched. */
const LARGEST_BYTES = 640_000;
const { size } = statSync('dist/program.js');
if (size > LARGEST_BYTES)
  throw new Error(`dist/program.js has ${size} bytes, more than ${LARGEST_BYTES}: look at what came in`);

await bundle({
  entryPoints: ['src/start.ts'],
  outfile: 'dist/hookkeeper.cjs',
  banner: { js: '#!/usr/bin/env node' },
});
// npm does it where it links the command; npx, in a clone that it has linked before, does not.
chmodSync('dist/hookkeeper.cjs', 0o755);
// The thread of snapshots: only who takes them pays for it.
await bundle({
  entryPoints: ['src/tasks/snapshot/worker.ts'],
  outfile: 'dist/snapshot-worker.cjs',
  plugins: [besideIt],
});
// As large as the program: only who keeps snapshots in object storage pays for it.
await bundle({ entryPoints: ['src/tasks/snapshot/s3-client.ts'], outfile: 'dist/snapshot-s3.cjs' });
// Every command but `serve`.
await bundle({ entryPoints: ['src/cli/tools.ts'], outfile: 'dist/tools.cjs', plugins: [besideIt] });
// A process of its own beside a rehearsal.
await bundle({ entryPoints: ['src/rehearse/scripted-app.ts'], outfile: 'dist/rehearsed-app.cjs' });
await bundle({ entryPoints: ['node_modules/pino-pretty/index.js'], outfile: 'dist/pino-pretty.cjs' });
// Loaded and read when somebody opens it.
await bundle({ entryPoints: ['src/server/status-page.ts'], outfile: 'dist/status-page.cjs' });
await buildStatusPage(bundle, 'dist/status-page.json');
writeInside(shipped, 'dist');
execFileSync(process.execPath, ['.ci/code-cache.cjs'], { stdio: 'inherit' });
