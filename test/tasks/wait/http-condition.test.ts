import { writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../helpers/temporary-folder.ts';
import { closedPort, conditionOf, listen, look, read, serve, stop, unreadable } from '../look.ts';

/** Answers everything with this. */
function answering(body: string, status = 200): RequestListener {
  return (_request, answer) => answer.writeHead(status).end(body);
}

const STATUS = JSON.stringify({
  draining: false,
  left: 12,
  state: 'IN_PROGRESS',
  nodes: [{ id: 'n1' }],
  leader: null,
  big: 'x'.repeat(100),
});

describe('an http condition', () => {
  it('holds when the status is as expected', async () => {
    const url = await serve(answering('', 204));
    expect(await look({ http: { url } })).toEqual(read(true, 'status 204'));
    expect(await look({ http: { url, expect: [200, '3xx'] } })).toEqual(read(false, 'status 204'));
    expect(await look({ http: { url: await serve(answering('', 503)) } })).toEqual(read(false, 'status 503'));
  });

  it.each([
    [{ path: '$.draining', equals: false }, true, '$.draining is false'],
    [{ path: '$.draining', equals: true }, false, '$.draining is false'],
    [{ path: '$.draining', equals: 'false' }, false, '$.draining is false'],
    [{ path: '$.left', equals: 12 }, true, '$.left is 12', 0],
    [{ path: '$.left', equals: 2 }, false, '$.left is 12', 10],
    [{ path: '$.left', equals: '12' }, false, '$.left is 12'],
    [{ path: '$.left', below: 1 }, false, '$.left is 12', 12],
    [{ path: '$.left', below: 13 }, true, '$.left is 12', 0],
    [{ path: '$.left', atMost: 11.5 }, false, '$.left is 12', 0.5],
    [{ path: '$.left', atLeast: 12 }, true, '$.left is 12', 0],
    [{ path: '$.left', above: 12 }, false, '$.left is 12', 1],
    [{ path: '$.state', below: 1 }, false, '$.state is "IN_PROGRESS"'],
    [{ path: '$.state', matches: '^(COMPLETE|FAILED)$' }, false, '$.state is "IN_PROGRESS"'],
    [{ path: '$.state', matches: 'PROG' }, true, '$.state is "IN_PROGRESS"'],
    [{ path: '$.draining', matches: '^false$' }, true, '$.draining is false'],
    [{ path: '$.nodes', matches: '.' }, false, '$.nodes is a list'],
    [{ path: '$.nodes[0]', exists: true }, true, '$.nodes[0] is an object'],
    [{ path: '$.nodes[0].id', equals: 'n1' }, true, '$.nodes[0].id is "n1"'],
    [{ path: '$.nodes[1]', exists: false }, true, '$.nodes[1] is not there'],
    [{ path: '$.nodes[1]', exists: true }, false, '$.nodes[1] is not there'],
    [{ path: '$.leader', exists: true }, true, '$.leader is null'],
    [{ path: '$.leader', equals: null }, true, '$.leader is null'],
    [{ path: '$.none', equals: null }, false, '$.none is not there'],
    [{ path: '$.big', equals: 'x' }, false, `$.big is "${'x'.repeat(59)}…`],
  ])('looks at JSON: %j', async (json, met, saw, left?: number) => {
    const url = await serve(answering(STATUS));
    expect(await look({ http: { url, json } })).toEqual(read(met, `status 200, ${saw}`, left));
  });

  it('does not hold for a body that is not JSON, nor look at that of another status', async () => {
    const json = { path: '$.a', exists: false };
    const [starting, failing] = [await serve(answering('starting')), await serve(answering('{}', 500))];
    expect(await look({ http: { url: starting, json } })).toEqual(read(false, 'status 200, a body that is not JSON'));
    expect(await look({ http: { url: failing, json } })).toEqual(read(false, 'status 500'));
  });

  it('matches a body', async () => {
    const url = await serve(answering('{"a":"COMPLETE"}\n{"b":"STALLED"}\n'));
    expect(await look({ http: { url, matches: '"STALLED"' } })).toEqual(read(true, 'status 200'));
    const without = await look({ http: { url, matches: String.raw`^(?![\s\S]*STALLED)` } });
    expect(without).toEqual(read(false, 'status 200, and its body does not match'));
  });

  it('wants all that is asked for', async () => {
    const url = await serve(answering(STATUS));
    const both = (matches: string) => look({ http: { url, matches, json: { path: '$.left', equals: 12 } } });
    expect(await both('PROGRESS')).toMatchObject({ met: true });
    expect(await both('DONE')).toMatchObject({ met: false });
  });

  it('reads no more than maxBody, and says so where that may be why', async () => {
    const url = await serve(answering(JSON.stringify({ pad: 'x'.repeat(2000), a: 1 })));
    const json = { path: '$.a', equals: 1 };
    const cut = 'status 200, a body that is not JSON (of its body only 1Ki are read, maxBody)';
    expect(await look({ http: { url, json, maxBody: '1Ki' } })).toEqual(read(false, cut));
    expect(await look({ http: { url, json, maxBody: '4Ki' } })).toMatchObject({ met: true });
  });

  it('does not match a hostile body for ever', async () => {
    const url = await serve(answering(JSON.stringify({ a: `${'a'.repeat(60)}!` })));
    const matches = '^.*"(a+)+"';
    expect(await look({ http: { url, matches } })).toEqual(
      unreadable('status 200, but matching its body took too long'),
    );
    expect(await look({ http: { url, json: { path: '$.a', matches: '^(a+)+$' } } })).toMatchObject({
      met: false,
      saw: expect.stringMatching(/, and matching it took too long$/),
    });
  });

  it('sends its method and headers, those from files read at each look, and puts captured values in', async () => {
    const seen: unknown[] = [];
    const url = await serve(({ method, url: target, headers }, answer) => {
      seen.push([method, target, headers['x-a'], headers['x-token']]);
      answer.end();
    });
    const file = join(await temporaryFolder(), 'token');
    const http = {
      method: 'POST',
      url: `${url}/v1/brokers/$(nodeId)`,
      headers: { 'X-A': '$(nodeId)' },
      headersFromFiles: { 'X-Token': file },
    };
    for (const token of ['one', 'two']) {
      await writeFile(file, token);
      expect(await look({ http }, { captured: { nodeId: '3' } })).toMatchObject({ met: true });
    }
    expect(seen).toEqual([
      ['POST', '/v1/brokers/3', '3', 'one'],
      ['POST', '/v1/brokers/3', '3', 'two'],
    ]);
    expect(conditionOf({ http }).uses).toEqual([
      { name: 'nodeId', path: ['http', 'url'] },
      { name: 'nodeId', path: ['http', 'headers', 'X-A'] },
    ]);
    expect(await look({ http })).toEqual(
      unreadable('the request could not be sent: no earlier task of this run captured nodeId'),
    );
  });

  it('reads a body behind a byte order mark, which some servers write', async () => {
    const url = await serve(answering(`\ufeff${STATUS}`));
    const http = { url, json: { path: '$.left', equals: 12 }, matches: '^\\{' };
    expect(await look({ http })).toEqual(read(true, 'status 200, $.left is 12', 0));
  });

  it('never shows the beginning of a long header that the answer repeats', async () => {
    const url = await serve((request, answer) => answer.end(JSON.stringify({ got: request.headers.authorization })));
    const headers = { Authorization: `Bearer ${'hush'.repeat(200)}` };
    const http = { url, headers, json: { path: '$.got', equals: 'x' } };
    expect(await look({ http })).toEqual(read(false, 'status 200, $.got is "Bearer [redacted]"'));
  });

  it('never shows what the answer repeats of a header', async () => {
    const url = await serve((request, answer) => answer.end(JSON.stringify({ got: request.headers.authorization })));
    const http = { url, headers: { Authorization: 'Bearer hush-hush' }, json: { path: '$.got', equals: 'x' } };
    expect(await look({ http })).toEqual(read(false, 'status 200, $.got is "Bearer [redacted]"'));
  });

  it('goes through a Unix socket', async () => {
    const path = join(await temporaryFolder(), 'app.sock');
    const server = createServer(answering(STATUS));
    await listen(server, { path });
    const http = { url: 'http://app/status', unixSocket: path };
    expect(await look({ http })).toMatchObject({ met: true });
    await stop(server);
    expect(await look({ http })).toEqual(unreadable(`no socket at ${path}`, true));
  });

  it('tells a target that refuses connections from one that fails otherwise', async () => {
    const host = `127.0.0.1:${await closedPort()}`;
    expect(await look({ http: { url: `http://${host}` } })).toEqual(unreadable(`connection refused by ${host}`, true));
    const mute = `127.0.0.1:${await listen(createTcpServer((socket) => socket.destroy()))}`;
    expect(await look({ http: { url: `http://${mute}` } })).toMatchObject({ kind: 'unreadable', refused: false });
    const torn = await serve((_request, answer) => {
      answer.writeHead(200, { 'Content-Length': '100' }).write('{"a":1}', () => answer.destroy());
    });
    expect(await look({ http: { url: torn } })).toEqual(
      unreadable('answered 200, but the connection broke within the body'),
    );
  });

  it('says what it waits for, without secrets', () => {
    const { summary } = conditionOf({
      http: {
        url: 'http://app/status?token=hush',
        headers: { A: 'hush' },
        json: { path: '$.draining', equals: false },
      },
    });
    expect(summary).toBe('http GET http://app/status answers 2xx with $.draining equal to false');
  });
});
