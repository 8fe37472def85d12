import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SCENARIOS } from '../../src/rehearse/scenarios.ts';
import { broken, rehearsed } from '../e2e/rehearsed.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';
import { freePort, pathOf } from './server.ts';

const RECIPES = join(import.meta.dirname, '..', '..', 'k8s-examples', 'recipes');

/** The server's command, and what of its recipe is otherwise here. */
interface Prepared {
  readonly app: string;
  readonly otherwise: Readonly<Record<string, string>>;
}

const SERVERS: Readonly<Record<string, (dir: string, port: number) => Promise<Prepared>>> = {
  async nginx(dir, port) {
    const file = join(dir, 'nginx.conf');
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (what) => `${what}_temp_path ${dir}/${what};`,
    );
    await writeFile(
      file,
      `daemon off; user root; pid ${dir}/nginx.pid; error_log stderr; events {}
       http { ${temporary.join(' ')} access_log off; server { listen 127.0.0.1:${port}; location / { return 200; } } }`,
    );
    return {
      app: `${pathOf('nginx')} -c ${file} -e stderr`,
      otherwise: { 'nginx: master process': `nginx: master process .*${file}` },
    };
  },
  async haproxy(dir, port) {
    const file = join(dir, 'haproxy.cfg');
    const timeouts = 'timeout connect 5s\n  timeout client 1h\n  timeout server 1h';
    await writeFile(
      file,
      `defaults\n  mode http\n  ${timeouts}\nfrontend web\n  bind 127.0.0.1:${port}\n  http-request return status 200\n`,
    );
    return {
      app: `${pathOf('haproxy')} -W -db -f ${file}`,
      otherwise: { 'name: haproxy }': `name: haproxy, commandLine: ${file} }` },
    };
  },
  async redis(dir, port) {
    const [data, snapshots] = [join(dir, 'data'), join(dir, 'snapshots')];
    await mkdir(data);
    return {
      app: `${pathOf('redis-server')} --port ${port} --dir ${data} --save '' --appendonly no --bind 127.0.0.1`,
      otherwise: { '6379': String(port), '/data/': `${data}/`, '/snapshots': snapshots },
    };
  },
};

/** A pod's times, without the waits for the world outside. */
const TIMES = {
  'sleep: 5s': 'sleep: 300ms',
  '120s': '28s',
  '60s': '12s',
  '15s': '3s',
  '10s': '2s',
  '40s': '3s',
  '30s': '3s',
};

describe.each(Object.entries(SERVERS))('a rehearsal of the recipe for %s with the real server', (recipe, prepare) => {
  it.each(SCENARIOS)('%s', async (scenario) => {
    const dir = await temporaryFolder();
    const port = await freePort();
    const { app, otherwise } = await prepare(dir, port);
    const written = await readFile(join(RECIPES, recipe, 'hooks.yaml'), 'utf8');
    const text = Object.entries({ ...TIMES, ...otherwise }).reduce(
      (all, [from, to]) => all.replaceAll(from, () => to),
      written,
    );
    const config = join(dir, 'hooks.yaml');
    await writeFile(config, text);
    const args = ['--config', config, '--app', app, '--app-port', String(port), '--scenario', scenario];
    const done = await rehearsed(args);
    expect(broken(done.rehearsal), done.text).toEqual([]);
    expect(done.code).toBe(0);
    const [played] = done.rehearsal.scenarios;
    expect(played).toMatchObject({ name: scenario, notPlayed: null });
    expect(played?.runs.map(({ hook }) => hook)).toEqual(expect.arrayContaining(['postStart', 'preStop']));
    for (const name of ['P1', 'P4', 'P5', 'P6', 'P7', 'P8']) {
      expect(played?.verdicts.map(({ promise }) => promise)).toContain(name);
    }
  });
});
