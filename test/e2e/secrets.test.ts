import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { freePort } from '../../src/rehearse/free-port.ts';
import { runProgram } from '../helpers/program.ts';
import type { Reply } from '../helpers/request.ts';
import { exchange } from '../helpers/request.ts';
import { hooks, kubeletOf, ops, preStop, stage } from './stage.ts';

/** No two share a part, so that each shows where it came from. */
const SECRETS = {
  token: 'tkn-4tmq81x7',
  wrongToken: 'wrg-9zl2kq0c',
  fileHeader: 'fhd-61mwv8ra',
  inlineHeader: 'ihd-y3p8s0dk',
  query: 'qry-t8bn55wz',
  environment: 'env-c7x1g4uo',
} as const;

/** A server that quotes in its answer what it was sent, as debug pages do; and what it was sent. */
async function quotingServer(): Promise<{ readonly port: number; readonly heard: string[] }> {
  const heard: string[] = [];
  const server = createServer((request, response) => {
    const quoted = `${request.url}\n${JSON.stringify(request.headers)}`;
    heard.push(quoted);
    response.writeHead(request.url?.startsWith('/bad') === true ? 418 : 200).end(quoted);
  });
  const port = await freePort(Math.random);
  server.listen(port, '127.0.0.1');
  onTestFinished(() => void server.close());
  return { port, heard };
}

const textOf = (reply: Reply) => JSON.stringify(reply);

describe('a secret', () => {
  it('of the config, a caller or the environment is in no log line, answer, status, metric, journal or termination message', async () => {
    const { dir, configFile, journalDir, configure, start } = await stage();
    const { port, heard } = await quotingServer();
    const closed = await freePort(Math.random);
    const tokenFile = join(dir, 'token');
    const headerFile = join(dir, 'header');
    await writeFile(tokenFile, SECRETS.token);
    await writeFile(headerFile, SECRETS.fileHeader);
    const call = (to: number, path: string) => ({
      http: {
        url: `http://127.0.0.1:${to}${path}?key=${SECRETS.query}`,
        headers: { 'X-Inline': SECRETS.inlineHeader },
        headersFromFiles: { Authorization: { file: headerFile, prefix: 'Bearer ' } },
      },
      onFailure: 'continue',
    });
    const tasks = [
      { name: 'good', ...call(port, '/good') },
      { name: 'bad', ...call(port, '/bad') },
      { name: 'closed', ...call(closed, '/closed') },
      { name: 'printing', exec: { shell: 'env; exit 1' } },
    ];
    await configure(hooks({ preStop: tasks }, { access: { tokenFile } }));
    const env = { DATABASE_PASSWORD: SECRETS.environment };
    const terminationLog = join(dir, 'termination-log');
    await writeFile(terminationLog, '');
    const args = ['--log-level=trace', `--termination-log=${terminationLog}`];
    const service = await start({ env, args });

    const told: string[] = [];
    const authorization = (token: string) => ({ headers: { Authorization: `Bearer ${token}` } });
    told.push(textOf(await preStop(service, authorization(SECRETS.wrongToken))));
    told.push(textOf(await preStop(service, { path: `/prestop/app?token=${SECRETS.wrongToken}` })));
    told.push(textOf(await preStop(service, { path: `/prestop/nobody?token=${SECRETS.token}` })));
    told.push(await exchange(service.port, `GET /prestop/a b?token=${SECRETS.token} HTTP/1.1\r\n\r\n`));
    const old = await kubeletOf(service, '1.24').preStop({ path: `/prestop/app?token=${SECRETS.token}` });
    expect(old).toMatchObject({ kind: 'failure' });
    told.push(old.kind === 'failure' ? old.error.replace(/Get "[^"]*"/, '') : '');
    const answered = await preStop(service, authorization(SECRETS.token));
    expect(answered).toMatchObject({ kind: 'answered', status: 500 });
    told.push(textOf(answered));
    // A control: the secrets did what they are for.
    expect(heard[0]).toContain(SECRETS.query);
    expect(heard[0]).toContain(`Bearer ${SECRETS.fileHeader}`);
    expect(heard[0]).toContain(SECRETS.inlineHeader);
    expect(heard[1]).toMatch(/^\/bad/);

    for (const page of ['/status', '/metrics', '/readyz']) told.push(textOf(await ops(service, page)));
    told.push((await runProgram(['journal', `--journal=${journalDir}`])).stdout);
    told.push((await runProgram(['check', `--config=${configFile}`])).stdout);
    told.push(readFileSync(join(journalDir, 'journal.json'), 'utf8'));
    service.kill('SIGTERM');
    await service.exited;
    expect(readFileSync(terminationLog, 'utf8')).toContain('preStop app failed');
    told.push(readFileSync(terminationLog, 'utf8'));
    told.push(...service.log().map((line) => JSON.stringify(line)));
    for (const [what, secret] of Object.entries(SECRETS)) {
      expect([what, told.filter((text) => text.includes(secret))]).toEqual([what, []]);
    }
  });
});
