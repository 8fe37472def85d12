import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { LogLine } from '../helpers/program.ts';
import { json } from '../helpers/request.ts';
import { within } from '../helpers/within.ts';
import { hooks, postStart, preStop, stage } from './stage.ts';

/** Listens on 127.0.0.1 until the test is over. */
async function listen(listener: RequestListener, at: object = { host: '127.0.0.1', port: 0 }) {
  const server = createServer(listener);
  server.listen(at);
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return { server, port: address !== null && typeof address === 'object' ? address.port : 0 };
}

const told = (text: string) => (line: LogLine) => String(line['msg']).includes(text);

describe('waitFor in a hook', () => {
  it('holds a postStart until the app listens', async () => {
    const { task, configure, start, executions } = await stage();
    const { server, port } = await listen(() => {});
    server.close();
    await once(server, 'close');
    const tcp = `127.0.0.1:${port}`;
    await configure(hooks({ postStart: [{ name: 'listening', waitFor: { tcp } }, task('register')] }));
    const service = await start();
    const reply = postStart(service);
    await service.line('waiting', told(`tcp ${tcp} is closed`));
    expect(executions()).toEqual([]);
    await listen(() => {}, { host: '127.0.0.1', port });
    expect(json(await reply)).toMatchObject({ outcome: 'succeeded' });
    expect(executions()).toEqual(['register']);
  });

  it('waits for a drain as Redpanda does one: its ID captured, under way seen first, progress in the log', async () => {
    const { configure, start } = await stage();
    let [looks, left] = [0, 4];
    const { port } = await listen(({ method, url }, answer) => {
      if (url === '/v1/node_config') return void answer.end('{"node_id":3}');
      if (url !== '/v1/brokers/3/maintenance') return void answer.writeHead(404).end();
      if (method === 'PUT') return void answer.end();
      // It begins some looks later, and says the same before as after.
      looks += 1;
      const isDraining = left > 0 && looks > 4;
      if (isDraining) left -= 1;
      answer.end(JSON.stringify({ draining: isDraining }));
    });
    const url = `http://127.0.0.1:${port}`;
    const maintenance = `${url}/v1/brokers/$(node)/maintenance`;
    const draining = (equals: boolean) => ({ http: { url: maintenance, json: { path: '$.draining', equals } } });
    await configure(
      hooks({
        preStop: [
          { name: 'who', http: { url: `${url}/v1/node_config`, capture: { node: '$.node_id' } } },
          { name: 'maintain', http: { method: 'PUT', url: maintenance } },
          { name: 'drained', waitFor: { ...draining(false), seenFirst: draining(true), every: '20ms' } },
        ],
      }),
    );
    const service = await start();
    expect(json(await preStop(service))).toMatchObject({ outcome: 'succeeded' });
    expect(left).toBe(0);
    const progress = service.log().find(told('waits: status 200, $.draining is'));
    expect(progress).toMatchObject({ task: 'drained' });
  });

  it('ends when its target dies, long before the grace does, and says so', async () => {
    const { configure, start } = await stage();
    const script =
      "require('http').createServer((q, a) => a.end('active 3\\n')).listen(0, '127.0.0.1', function () { console.log(this.address().port) })";
    const app = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void app.kill('SIGKILL'));
    const [port] = await within('the port of the app', once(app.stdout, 'data'));
    const metric = { url: `http://127.0.0.1:${String(port).trim()}/metrics`, name: 'active', below: 1 };
    await configure(hooks({ preStop: [{ name: 'idle', waitFor: { metric, every: '20ms', gone: 'skip' } }] }));
    const service = await start();
    const reply = preStop(service);
    await service.line('waiting', told('waits: active is 3'));
    app.kill('SIGKILL');
    expect(json(await reply)).toMatchObject({
      outcome: 'succeeded',
      tasks: [{ outcome: 'skipped', reason: expect.stringMatching(/^found its target gone, connection refused by/) }],
    });
  });

  it('ends in time where what it waits for never comes, and says how far it came', async () => {
    const { configure, start } = await stage();
    const { port } = await listen((_request, answer) => answer.end('active 3\n'));
    const metric = { url: `http://127.0.0.1:${port}/metrics`, name: 'active', below: 1 };
    const wait = { name: 'idle', waitFor: { metric }, timeout: '300ms', onTimeout: 'continue' };
    await configure(hooks({ preStop: [wait] }));
    expect(json(await preStop(await start()))).toMatchObject({
      outcome: 'succeeded',
      tasks: [{ outcome: 'timedOut', reason: 'ran out of its timeout of 300 ms (was still waiting: active is 3)' }],
    });
  });
});

describe('when', () => {
  it('takes the same words, captured values included, and skips a task with what it saw', async () => {
    const { dir, task, configure, start, executions } = await stage();
    const leader = join(dir, 'leader');
    const { port } = await listen(({ url }, answer) =>
      answer.end(JSON.stringify({ role: url === '/nodes/7' ? 'primary' : '?' })),
    );
    const url = `http://127.0.0.1:${port}`;
    const node = { url: `${url}/nodes/$(id)`, json: { path: '$.role', equals: 'primary' } };
    await configure(
      hooks({
        preStop: [
          { name: 'who', http: { url, capture: { id: '$.role' } } },
          task('no-leader', '', { when: { file: leader } }),
          task('never-leader', '', { when: { file: { path: leader, is: 'absent' } } }),
          task('wrong-node', '', { when: { http: node } }),
          task('other-role', '', { when: { http: { url, matches: 'secondary' } } }),
          task('listening', '', { when: { tcp: `127.0.0.1:${port}` } }),
        ],
      }),
    );
    expect(json(await preStop(await start()))).toMatchObject({
      outcome: 'succeeded',
      tasks: [
        { outcome: 'succeeded' },
        {
          outcome: 'skipped',
          reason: `was skipped as its when, file ${leader} exists, does not hold: file ${leader} is absent`,
        },
        { outcome: 'succeeded' },
        { outcome: 'skipped', reason: expect.stringMatching(/does not hold: status 200, \$\.role is "\?"$/) },
        {
          outcome: 'skipped',
          reason: expect.stringMatching(/does not hold: status 200, and its body does not match$/),
        },
        { outcome: 'succeeded' },
      ],
    });
    expect(executions()).toEqual(['never-leader', 'listening']);
  });
});
