import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { json } from '../helpers/request.ts';
import { hooks, preStop, stage } from './stage.ts';

/** A server that tells its node's ID, another one each time, and notes all that it is asked. */
async function nodeServer() {
  const requests: string[] = [];
  let id = 2;
  const server = createServer((request, answer) => {
    requests.push(`${request.method} ${request.url}`);
    if (request.url === '/v1/node_config') id += 1;
    answer.end(JSON.stringify({ node_id: id, rack: 'a b/c' }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not listening');
  return { url: `http://127.0.0.1:${address.port}`, requests };
}

describe('a value that a task captured', () => {
  it('is there for later tasks, also when Hookkeeper is killed in between: it is not captured anew', async () => {
    const { dir, task, gate, open, configure, start, executed, journal } = await stage();
    const { url, requests } = await nodeServer();
    const told = join(dir, 'told');
    const preStopTasks = [
      { name: 'who-am-i', http: { url: `${url}/v1/node_config`, capture: { nodeId: '$.node_id', rack: '$.rack' } } },
      task('hold', gate('go')),
      { name: 'maintain', http: { method: 'PUT', url: `${url}/v1/brokers/$(nodeId)/maintenance?rack=$(rack)` } },
      { name: 'tell', exec: { shell: `echo "node $nodeId in $rack, $LIST" > ${told}`, env: { LIST: '$(nodeId),' } } },
    ];
    await configure(hooks({ preStop: preStopTasks }));
    const first = await start();
    const lost = preStop(first);
    await executed('hold');
    first.kill('SIGKILL');
    expect(await lost).toMatchObject({ kind: 'broken' });

    await open('go');
    const second = await start();
    expect(json(await preStop(second))).toMatchObject({
      delivery: 'resumed',
      outcome: 'succeeded',
      tasks: [{ name: 'who-am-i', attempts: 1 }, { name: 'hold', attempts: 2 }, { name: 'maintain' }, { name: 'tell' }],
    });
    expect(requests).toEqual(['GET /v1/node_config', 'PUT /v1/brokers/3/maintenance?rack=a%20b%2Fc']);
    expect(readFileSync(told, 'utf8')).toBe('node 3 in a b/c, 3,\n');
    expect((await journal()).runs[0]?.tasks[0]).toMatchObject({ captured: { nodeId: '3', rack: 'a b/c' } });
  });

  it('is missed by those that need it where its task was skipped, with the reason in the answer', async () => {
    const { configure, start } = await stage();
    const { url, requests } = await nodeServer();
    const get = { url: `${url}/v1/node_config`, capture: { nodeId: '$.node_id' }, onStatus: { 200: 'skip' } };
    await configure(
      hooks({
        preStop: [
          { name: 'who-am-i', http: get },
          { name: 'maintain', http: { url: `${url}/v1/brokers/$(nodeId)` } },
        ],
      }),
    );
    expect(json(await preStop(await start()))).toMatchObject({
      outcome: 'failed',
      tasks: [{ outcome: 'skipped' }, { reason: 'could not be sent: no earlier task of this run captured nodeId' }],
    });
    expect(requests).toEqual(['GET /v1/node_config']);
  });
});
