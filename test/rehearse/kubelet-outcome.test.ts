import { describe, expect, it } from 'vitest';
import { EMPTY_OK, errorOf, stageKubelet } from './kubelet-stage.ts';

const BROKEN = 'Get "http://SIDECAR/poststart/app": net/http: HTTP/1.x transport connection broken:';

describe('success', () => {
  it.each([200, 204, 302, 304, 399, 400, 401, 404, 409, 429, 500, 503])('is an answer with %i', async (status) => {
    const { server, postStart, preStop } = await stageKubelet();
    const bodiless = status === 204 || status === 304;
    const answer = `HTTP/1.1 ${status} Whatever\r\n${bodiless ? '' : 'Content-Length: 0\r\n'}\r\n`;
    const start = postStart();
    (await server.next()).write(answer);
    const stop = preStop();
    (await server.next()).write(answer);
    expect([await start, await stop]).toMatchObject([
      { hook: 'postStart', kind: 'success', status },
      { hook: 'preStop', kind: 'success', status },
    ]);
  });

  it('is an answer of HTTP/1.0, after which the connection is not used again', async () => {
    const { server, postStart, preStop } = await stageKubelet();
    const first = postStart();
    (await server.next()).write('HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n');
    expect(await first).toMatchObject({ kind: 'success' });
    void preStop();
    expect((await server.next()).connection).toBe(2);
  });

  it('waits for the final answer after an interim one', async () => {
    const { server, preStop } = await stageKubelet();
    const result = preStop();
    const request = await server.next();
    request.write('HTTP/1.1 102 Processing\r\n\r\n');
    request.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    expect(await result).toMatchObject({ kind: 'success', status: 200 });
  });

  it('has the headers and the body for those who look, in pieces or not', async () => {
    const { server, preStop } = await stageKubelet();
    const result = preStop();
    const request = await server.next();
    for (const piece of ['HTTP/1.1 200 O', 'K\r\nX-Hookkeeper-Run: 7\r', '\nContent-Length: 4\r\n\r\nbo', 'dy']) {
      request.write(piece);
    }
    const end = await result;
    expect(end).toMatchObject({ kind: 'success', body: 'body' });
    expect(end.kind === 'success' && end.headers.get('x-hookkeeper-run')).toEqual(['7']);
  });
});

describe('a body', () => {
  it('of 10,240 bytes is read to its end, and the hook lasts until then', async () => {
    const { server, postStart, preStop } = await stageKubelet();
    let ended = false;
    const result = preStop().finally(() => {
      ended = true;
    });
    const request = await server.next();
    request.write(`HTTP/1.1 200 OK\r\nContent-Length: 10240\r\n\r\n${'x'.repeat(10_239)}`);
    const other = postStart();
    (await server.next()).write(EMPTY_OK);
    await other;
    expect(ended).toBe(false);
    request.write('y');
    expect(await result).toMatchObject({ kind: 'success', body: `${'x'.repeat(10_239)}y` });
  });

  it('of 10,241 bytes is not read: the connection is reset, and that is success', async () => {
    const { server, preStop } = await stageKubelet();
    const result = preStop();
    const request = await server.next();
    request.write('HTTP/1.1 200 OK\r\nContent-Length: 10241\r\n\r\n');
    expect(await result).toMatchObject({ kind: 'success', body: '' });
    expect(await request.ended).toBe('reset');
  });

  it('in chunks is read to its end, and its connection used again', async () => {
    const { server, preStop } = await stageKubelet();
    const result = preStop();
    const request = await server.next();
    request.write(
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4;x=y\r\nWiki\r\n5\r\npedia\r\n0\r\nX-T: 1\r\n\r\n',
    );
    expect(await result).toMatchObject({ kind: 'success', body: 'Wikipedia' });
    void preStop();
    expect((await server.next()).connection).toBe(1);
  });

  it('in chunks without end is read up to 10,240 bytes, then the connection is closed, and that is success', async () => {
    const { server, preStop } = await stageKubelet();
    const result = preStop();
    const request = await server.next();
    request.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
    for (let i = 0; i < 10; i += 1) request.write(`400\r\n${'x'.repeat(1024)}\r\n`);
    const end = await result;
    expect(end.kind === 'success' && end.body.length).toBe(10_240);
    await request.ended;
    void preStop();
    expect((await server.next()).connection).toBe(2);
  });

  it('without a length is read until the connection ends', async () => {
    const { server, preStop } = await stageKubelet();
    const result = preStop();
    (await server.next()).end('HTTP/1.1 200 OK\r\n\r\nall of it');
    expect(await result).toMatchObject({ kind: 'success', body: 'all of it' });
  });

  it('that breaks off is success all the same', async () => {
    const { server, preStop } = await stageKubelet();
    const result = preStop();
    (await server.next()).end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf');
    expect(await result).toMatchObject({ kind: 'success', body: 'half' });
  });
});

describe('failure', () => {
  it('is a refused connection', async () => {
    const { server, postStart } = await stageKubelet();
    await server.close();
    expect(errorOf(await postStart(), server)).toBe(
      'Get "http://SIDECAR/poststart/app": dial tcp SIDECAR: connect: connection refused',
    );
  });

  it('is a reset one', async () => {
    const { server, postStart } = await stageKubelet();
    const result = postStart();
    (await server.next()).reset();
    expect(errorOf(await result, server)).toBe(
      'Get "http://SIDECAR/poststart/app": read tcp NODE->SIDECAR: read: connection reset by peer',
    );
  });

  it('is one that was closed before the headers', async () => {
    const { server, postStart } = await stageKubelet();
    const result = postStart();
    (await server.next()).end();
    expect(errorOf(await result, server)).toBe('Get "http://SIDECAR/poststart/app": EOF');
  });

  it.each([
    ['nonsense\r\n\r\n', 'malformed HTTP response "nonsense"'],
    ['no-line-end', 'malformed HTTP response "no-line-end"'],
    ['hook keeper\r\n\r\n', 'malformed HTTP status code "keeper"'],
    ['HTTP/1.1 20 OK\r\n\r\n', 'malformed HTTP status code "20"'],
    ['HTTQ/1.1 200 OK\r\n\r\n', 'malformed HTTP version "HTTQ/1.1"'],
    ['HTTP/1.1 200 OK\r\nno colon here\r\n\r\n', 'malformed MIME header: missing colon: "no colon here"'],
    ['HTTP/1.1 200 OK\r\nsays "why"', 'malformed MIME header: missing colon: "says \\"why\\""'],
    ['HTTP/1.1 200 OK\r\n leading: space\r\n\r\n', 'malformed MIME header initial line:  leading: space'],
    ['HTTP/1.1 200 OK\r\nbad name: x\r\n\r\n', 'malformed MIME header line: bad name: x'],
    ['HTTP/1.1 200 OK\r\nA: b\r\n', 'unexpected EOF'],
    ['HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n', 'bad Content-Length "many"'],
    [
      'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
      'http: message cannot contain multiple Content-Length headers; got ["1" "2"]',
    ],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n', 'unsupported transfer encoding: "gzip"'],
    [
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n',
      'too many transfer encodings: ["chunked" "chunked"]',
    ],
    ['HTTP/1.1 100 Continue\r\n\r\n'.repeat(6), 'net/http: too many 1xx informational responses'],
  ])('is the answer %j', async (answer, words) => {
    const { server, postStart } = await stageKubelet();
    const result = postStart();
    (await server.next()).end(answer);
    expect(errorOf(await result, server)).toBe(`${BROKEN} ${words}`);
  });

  it('carries a whole sentence of a deliberately broken answer into the message of the waiting container', async () => {
    const { server, postStart } = await stageKubelet({ pod: { name: 'web-0', namespace: 'shop', uid: 'a1b2' } });
    const sentence = 'hookkeeper postStart failed task warm-cache exited 3 after 12.4 s (attempt 3 of 3)';
    const result = postStart();
    (await server.next()).end(`HTTP/1.1 200 OK\r\n${sentence}\r\n\r\n`);
    expect(await result).toMatchObject({
      message:
        'HTTP lifecycle hook (/poststart/app) for Container "app" in Pod "web-0_shop(a1b2)" failed - error: ' +
        `Get "http://127.0.0.1:${server.port}/poststart/app": net/http: HTTP/1.x transport connection broken: ` +
        `malformed MIME header: missing colon: "${sentence}"`,
    });
  });
});
