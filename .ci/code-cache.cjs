// Makes dist/program.v8: the code that V8 made of dist/program.js while it served one postStart and one preStop, so that
// what a start and a first hook need is compiled already. `src/start.ts` reads it.
const { mkdtempSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const { get } = require('node:http');
const { tmpdir } = require('node:os');
const { join, resolve } = require('node:path');
const { setFlagsFromString } = require('node:v8');
const { Script } = require('node:vm');

/**
 * What runs often here need not run often in a pod. V8 would write into the code what it took for hot, and each start would make
 * machine code of that at once. With the flags as they were, as V8 takes no code that was made with others.
 */
const TIERS = ['sparkplug', 'maglev', 'opt', 'profile-guided-optimization'];
for (const tier of TIERS) setFlagsFromString(`--no-${tier}`);

const file = resolve(__dirname, '..', 'dist', 'program.js');
const source = readFileSync(file);
const script = new Script(source.toString('utf8'), { filename: file });

const folder = mkdtempSync(join(tmpdir(), 'hookkeeper-build-'));
process.on('exit', () => rmSync(folder, { recursive: true }));
const config = join(folder, 'hooks.yaml');
// With what most configs have: what decodes a word that stands in none of them is compiled when it is met.
writeFileSync(
  config,
  `# A comment, as people write them.
version: 1
grace: { period: 30s, reserve: 5s } # the pod's
lifecycle:
  sidecar: native
containers:
  app:
    ports: [9]
    postStart:
      - { name: http, http: { url: http://127.0.0.1:9/ }, attemptTimeout: 1s, timeout: 1s, onFailure: continue }
    preStop:
      - name: sleep
        sleep: 1ms
      - parallel:
          - name: exec
            exec: { command: [node, --version] }
            timeout: 5s
            retry: { attempts: 2, minDelay: 1ms, maxDelay: 2ms }
            priority: critical
            onFailure: continue
          - name: shell
            exec: { shell: 'echo "$HOOKKEEPER_RUN"', env: { A: b } }
            priority: optional
      - { name: post, http: { method: POST, url: http://127.0.0.1:9/ }, timeout: 1s, onFailure: continue }
`,
);

/** Asks, and resolves when the answer has been read. */
const ask = (url) =>
  new Promise((done, fail) => {
    get(url, (response) => response.resume().on('end', done)).on('error', fail);
  });

/** Resolves with the ports once the program logs them. */
const serving = new Promise((done) => {
  process.stdout.write = (text, ...rest) => {
    const line = /"port":(\d+),"opsPort":(\d+)/.exec(text);
    if (line !== null) done({ hooks: line[1], ops: line[2] });
    rest.find((each) => typeof each === 'function')?.();
    return true;
  };
});

async function main() {
  const flags = ['--config', config, '--host', '127.0.0.1', '--port', '0', '--ops-port', '0', '--journal', folder];
  process.argv = [process.execPath, file, 'serve', ...flags];
  script.runInThisContext()(exports, require, module, file, resolve(file, '..'));
  const { hooks, ops } = await serving;
  for (const path of ['/poststart/app', '/prestop/app', '/prestop/app']) await ask(`http://127.0.0.1:${hooks}${path}`);
  // Not /status and /metrics: what serves them is compiled when somebody asks, which for most pods nobody does.
  await ask(`http://127.0.0.1:${ops}/readyz`);
  for (const tier of TIERS) setFlagsFromString(`--${tier}`);
  writeFileSync(resolve(file, '..', 'program.v8'), Buffer.concat([source, script.createCachedData()]));
  process.kill(process.pid, 'SIGTERM');
}

main().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
});
