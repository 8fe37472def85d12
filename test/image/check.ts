/** Runs an image that was just built, as a pod would: serves both hooks, is killed, starts again, and ends by SIGTERM. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Child } from '../../src/rehearse/child.ts';
import { request } from '../helpers/request.ts';
import { within } from '../helpers/within.ts';
import { type ImageConfig, linesOf, type Mounts, runIn } from './container.ts';
import { imageConfig } from './image-config.ts';

const { values } = parseArgs({
  options: { target: { type: 'string' }, root: { type: 'string' }, image: { type: 'string' } },
});
const { target = '', root = '', image: inspected = '' } = values;
const image = imageConfig(JSON.parse(readFileSync(inspected, 'utf8')));

function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(`the image ${target}: ${what}`);
  process.stdout.write(`  ${what}: yes\n`);
}

const CONFIG = `version: 1
containers:
  app:
    postStart:
      - { name: who, exec: { command: [sh, -c, 'echo "user $(id -u), capabilities $(grep CapEff /proc/self/status | cut -f 2)"'] } }
      - { name: first-process, exec: { command: [sh, -c, 'echo "PID 1 is $(cat /proc/1/comm)"'] } }
      - { name: elsewhere, exec: { command: [sh, -c, 'for at in / /tmp /etc/hookkeeper; do echo > $at/made 2> /dev/null && exit 1; done; echo "nothing else can be written"'] } }
    preStop:
      - { name: first, exec: { command: [sh, -c, 'echo first >> /var/lib/hookkeeper/executed'] } }
      - { name: second, exec: { command: [sh, -c, 'echo second >> /var/lib/hookkeeper/executed; [ -e /var/lib/hookkeeper/open ] || sleep 20'] } }
`;

interface Served {
  readonly child: Child;
  readonly port: number;
  readonly readyMs: number;
}

/** Starts the image's own command, and waits until it serves. */
async function serve(config: ImageConfig, mounts: Mounts): Promise<Served> {
  const startedMs = performance.now();
  const ports = ['--port', '0', '--ops-port', '0', '--host', '127.0.0.1'];
  const child = runIn(root, config, [...config.entrypoint, ...config.command, ...ports], mounts);
  const port = await within(
    'the port of the hooks',
    new Promise<number>((resolve, reject) => {
      child.onLine((line) => {
        const found = /"port":(\d+),"opsPort"/.exec(line)?.[1];
        if (found !== undefined) resolve(Number(found));
      });
      void child.exited.then(() => reject(new Error(`it ended: ${child.lines().join('\n')}`)));
    }),
  );
  return { child, port, readyMs: performance.now() - startedMs };
}

/** Resolves when a file holds a word. */
async function written(file: string, word: string): Promise<void> {
  while (!existsSync(file) || !readFileSync(file, 'utf8').includes(word)) await setTimeout(20);
}

/** The processes outside that run Hookkeeper in the container. */
function hookkeepers(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const [program = '', ...args] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
        return program === 'node' && args.includes('/usr/local/lib/hookkeeper/hookkeeper.cjs');
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** The volumes of a pod: that of the journal is its group's, as with an fsGroup. */
function volumes(group: number) {
  const folder = mkdtempSync(join(tmpdir(), 'hookkeeper-image-'));
  const [journal, config] = [join(folder, 'journal'), join(folder, 'config')];
  for (const each of [journal, config]) mkdirSync(each);
  chownSync(journal, 0, group);
  chmodSync(journal, 0o2770);
  writeFileSync(join(config, 'hooks.yaml'), CONFIG);
  const mounts: Mounts = {
    '/var/lib/hookkeeper': { folder: journal, readOnly: false },
    '/etc/hookkeeper': { folder: config, readOnly: true },
  };
  return { folder, journal, mounts };
}

async function asAnybody(): Promise<void> {
  const { folder, journal, mounts } = volumes(0);
  try {
    const { child, port } = await serve({ ...image, user: '1000650000:0' }, mounts);
    const postStart = await request({ port, path: '/poststart/app' });
    const said = child.lines().some((line) => line.includes('user 1000650000, capabilities 0000000000000000'));
    must(postStart.kind === 'answered' && postStart.status === 200 && said, 'it serves a postStart as any other user');
    must(existsSync(join(journal, 'journal.json')), 'whose journal is on the disk');
  } finally {
    for (const pid of hookkeepers()) process.kill(pid, 'SIGKILL');
    rmSync(folder, { recursive: true });
  }
}

/** As large as what `kustomize build` makes of a cluster: the heap of a sidecar would not do. */
async function largeManifests(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'hookkeeper-image-'));
  const quickstart = join(import.meta.dirname, '..', '..', 'k8s-examples', 'quickstart');
  const text = (n: number) => Array.from({ length: 100 }, (_, line) => `  key-${line}: ${'some text '.repeat(20)}${n}`);
  const others = Array.from(
    { length: 150 },
    (_, n) => `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: other-${n} }\ndata:\n${text(n).join('\n')}\n`,
  );
  const manifests = [readFileSync(join(quickstart, 'deployment.yaml'), 'utf8'), ...others].join('\n---\n');
  chmodSync(folder, 0o755);
  writeFileSync(join(folder, 'all.yaml'), manifests);
  writeFileSync(join(folder, 'hooks.yaml'), readFileSync(join(quickstart, 'hooks.yaml')));
  try {
    const command = ['hookkeeper', 'check', '--manifest', '/etc/hookkeeper/all.yaml'];
    const child = runIn(root, image, command, { '/etc/hookkeeper': { folder, readOnly: true } });
    const { code } = await within('the end of a check', child.exited, 60_000);
    const megabytes = (Buffer.byteLength(manifests) / 1e6).toFixed(1);
    must(code === 0, `it checks ${megabytes} MB of manifests`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function life(): Promise<void> {
  const { folder, journal, mounts } = volumes(65532);
  const executed = () => readFileSync(join(journal, 'executed'), 'utf8').trim().split('\n').join(' ');
  try {
    const first = await serve(image, mounts);
    process.stdout.write(`  ready after ${Math.round(first.readyMs)} ms, the namespaces made\n`);
    const postStart = await request({ port: first.port, path: '/poststart/app' });
    must(postStart.kind === 'answered' && postStart.status === 200, 'it serves a postStart');
    const said = (words: string) => first.child.lines().some((line) => line.includes(words));
    must(said('user 65532, capabilities 0000000000000000'), 'a task runs as 65532 without capabilities');
    must(said('PID 1 is tini'), 'tini is PID 1');
    must(said('nothing else can be written'), "nothing can be written but the journal's folder");
    const cut = request({ port: first.port, path: '/prestop/app' });
    // Its line in the log is written before its command has done anything.
    await within('the second task', written(join(journal, 'executed'), 'second'));
    for (const pid of hookkeepers()) process.kill(pid, 'SIGKILL');
    await within('the end after SIGKILL', first.child.exited);
    must((await cut).kind === 'broken', 'its end breaks the connection');
    writeFileSync(join(journal, 'open'), '');
    const second = await serve(image, mounts);
    const again = await request({ port: second.port, path: '/prestop/app' });
    must(again.kind === 'answered' && again.status === 200, 'started again, it finishes what was left');
    must(executed() === 'first second second', 'and repeats nothing that was done');
    for (const pid of hookkeepers()) process.kill(pid, 'SIGTERM');
    const { code } = await within('the end after SIGTERM', second.child.exited);
    must(code === 0, 'SIGTERM ends it with 0');
  } finally {
    for (const pid of hookkeepers()) process.kill(pid, 'SIGKILL');
    rmSync(folder, { recursive: true });
  }
}

const CACHE_CHECK = `const { readFileSync } = require('node:fs');
const folder = '/usr/local/lib/hookkeeper/';
const source = readFileSync(folder + 'program.js');
const cache = readFileSync(folder + 'program.v8');
const script = new (require('node:vm').Script)(source.toString('utf8'), { cachedData: cache.subarray(source.length) });
console.log(script.cachedDataRejected);`;

const flags = readFileSync(join(root, 'usr/local/bin/hookkeeper'), 'utf8').match(/--\S+=\d+/g) ?? [];
const kib = (place: string) =>
  Number(execFileSync('du', ['-sk', join(root, place)], { encoding: 'utf8' }).split('\t')[0]);
const mb = (place: string) => `${Math.round(kib(place) / 1024)} MiB`;

process.stdout.write(
  `${target}: ${mb('.')} in all, of which Node.js ${mb('usr/local/bin/node')}, Hookkeeper ${mb('usr/local/lib/hookkeeper')}\n`,
);
must(image.user === '65532:65532', 'its user is 65532');
const label = (name: string) => image.labels[`org.opencontainers.image.${name}`] ?? '';
const labels = ['title', 'description', 'licenses', 'version', 'revision', 'base.name'];
must(
  labels.every((name) => label(name) !== ''),
  `its labels say ${labels.map((name) => `${name} ${label(name)}`).join(', ')}`,
);
const inside = readdirSync(join(root, 'usr/local/lib/hookkeeper'));
const told = ['LICENSE', 'LICENSES.txt', 'LICENSE-of-Node.js', 'sbom.cdx.json'];
must(
  told.every((file) => inside.includes(file)),
  `what is inside and under which licence stands in ${told.join(', ')}`,
);
const rejected = await linesOf(root, image, ['node', ...flags, '-e', CACHE_CHECK]);
must(flags.length > 0 && rejected.join('') === 'false', "V8 takes the program's code cache with the image's flags");
for (const tool of ['curl', 'jq']) {
  const found = await linesOf(root, image, ['sh', '-c', `command -v ${tool} || echo none`]);
  must((found.join('') !== 'none') === (target === 'tools'), `${tool} is ${target === 'tools' ? '' : 'not '}there`);
}
must((await linesOf(root, image, ['hookkeeper', '--version'])).length === 1, 'hookkeeper --version answers');
// Where the containers of a pod share their processes, somebody else is PID 1.
const behind = ['sh', '-c', '"$@"; exit $?', 'sh', ...image.entrypoint, '--version'];
must((await linesOf(root, image, behind)).length === 1, 'it complains of nothing where it is not PID 1');
await largeManifests();
await life();
await asAnybody();
