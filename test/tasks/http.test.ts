import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Socket, type Server as TcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { standStillConnecting } from '../helpers/stands-still.ts';
import { within } from '../helpers/within.ts';
import { actionOf, attempt, begin, TRACEPARENT } from './attempt.ts';

const folder = mkdtempSync(join(tmpdir(), 'hookkeeper-http-'));
afterAll(() => rmSync(folder, { recursive: true }));

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(cleanups.splice(0).map((cleanup) => cleanup()));
});

/** Listens on a free port of 127.0.0.1 until the test is over. */
async function listening(
  server: Server | TcpServer,
  at: { port: number; host: string } | { path: string },
): Promise<string> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket));
  server.listen(at);
  await once(server, 'listening');
  cleanups.push(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  const address: AddressInfo | string | null = server.address();
  return typeof address === 'object' && address !== null ? `127.0.0.1:${address.port}` : '';
}

const LOCAL = { port: 0, host: '127.0.0.1' };

/** A server that answers so. */
const serve = (listener: RequestListener) => listening(createHttpServer(listener), LOCAL);

/** A server that does so with every connection. */
const serveRaw = (listener: (socket: Socket) => void) =>
  listening(
    createTcpServer((socket) => {
      socket.on('error', () => {});
      listener(socket);
    }),
    LOCAL,
  );

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const SUCCEEDED = { outcome: 'succeeded' };
const fixture = (name: string) => join(import.meta.dirname, '../fixtures/tasks', name);

describe('http: what is sent', () => {
  /** What a server sees of a request with these settings. */
  async function seen(settings: object, path = '/') {
    const requests: { method: string; url: string; headers: IncomingMessage['headers']; body: string }[] = [];
    const host = await serve((request, answer) => {
      const { method = '', url = '', headers } = request;
      void text(request).then((body) => {
        requests.push({ method, url, headers, body });
        answer.end();
      });
    });
    expect((await attempt('http', { url: `http://${host}${path}`, ...settings })).result).toEqual(SUCCEEDED);
    const [request] = requests;
    if (request === undefined || requests.length !== 1) throw new Error(`${requests.length} requests`);
    return { ...request, host };
  }

  it('is a GET on a connection of its own, if nothing else is said', async () => {
    const { method, url, headers, body, host } = await seen({}, '/drain?now=1');
    expect({ method, url, body }).toEqual({ method: 'GET', url: '/drain?now=1', body: '' });
    expect(headers).toEqual({ host, connection: 'close', 'user-agent': 'hookkeeper', traceparent: TRACEPARENT });
  });

  it('has the traceparent of the settings, where there is one', async () => {
    expect((await seen({ headers: { Traceparent: 'mine' } })).headers).toMatchObject({ traceparent: 'mine' });
  });

  it('has the method, headers and body of the settings', async () => {
    const settings = { method: 'PUT', headers: { 'content-type': 'text/plain', 'User-Agent': 'mine' }, body: 'häppy' };
    const { method, headers, body } = await seen(settings);
    expect({ method, body }).toEqual({ method: 'PUT', body: 'häppy' });
    expect(headers).toMatchObject({ 'content-type': 'text/plain', 'user-agent': 'mine', 'content-length': '6' });
  });

  it.each(['DELETE', 'GET', 'OPTIONS'])('has its body also where a %s seldom has one', async (method) => {
    const body = '{"gracePeriodSeconds": 0}';
    expect(await seen({ method, body })).toMatchObject({ method, body });
  });

  it('has an empty body where a method wants one and none is set', async () => {
    expect((await seen({ method: 'POST' })).headers).toMatchObject({ 'content-length': '0' });
  });

  it('has the body and the headers that are in files, as they are at the time of the attempt', async () => {
    const token = file('token', 'first-token\n');
    const bodyFile = file('body.json', '{"first": true}\n');
    const bearer = { file: token, prefix: 'Bearer ' };
    const settings = { method: 'POST', bodyFile, headersFromFiles: { 'X-Token': token, Authorization: bearer } };
    const first = await seen(settings);
    expect(first.body).toBe('{"first": true}\n');
    expect(first.headers).toMatchObject({ 'x-token': 'first-token', authorization: 'Bearer first-token' });
    file('token', 'second-token');
    file('body.json', '{}');
    const second = await seen(settings);
    expect(second.body).toBe('{}');
    expect(second.headers).toMatchObject({ 'x-token': 'second-token', authorization: 'Bearer second-token' });
  });

  it.each([
    [
      'a header file that is not there',
      { headersFromFiles: { 'X-T': '/no/token' } },
      'file of header X-T, /no/token, is not there',
    ],
    [
      'an empty one',
      { headersFromFiles: { 'X-T': { file: file('empty', ' \n') } } },
      `file of header X-T, ${folder}/empty, is empty`,
    ],
    ['a device', { headersFromFiles: { 'X-T': '/dev/zero' } }, 'file of header X-T, /dev/zero, is not a file'],
    [
      'one of several lines',
      { headersFromFiles: { 'X-T': '/etc/passwd' } },
      'file of header X-T, /etc/passwd, has more than one line',
    ],
    ['a body file that is a folder', { bodyFile: '/etc' }, 'bodyFile, /etc, is not a file'],
    ['certificates that are not there', { url: 'https://127.0.0.1:1', ca: '/no/ca' }, 'ca, /no/ca, is not there'],
  ])('is nothing without its files, which may come later: %s', async (_what, settings, problem) => {
    const { result } = await attempt('http', { url: 'http://127.0.0.1:1', ...settings });
    expect(result).toEqual({ outcome: 'failed', reason: `could not be sent: ${problem}`, retryable: true });
  });

  it('holds no body that is too large', async () => {
    const bodyFile = file('large', 'x'.repeat(1024 * 1024 + 1));
    const { result } = await attempt('http', { url: 'http://127.0.0.1:1', bodyFile });
    expect(result).toMatchObject({ reason: `could not be sent: bodyFile, ${bodyFile}, is larger than 1024Ki` });
  });

  it('arrives though this process stood still while it connected, and nobody listens at the other address', async () => {
    const host = await serve((_request, answer) => answer.end());
    standStillConnecting(300);
    const { result } = await attempt('http', { url: `http://${host.replace('127.0.0.1', 'app.test')}` });
    expect(result).toEqual(SUCCEEDED);
  });

  it('goes through a Unix socket', async () => {
    const unixSocket = join(folder, 'admin.sock');
    const urls: unknown[] = [];
    await listening(
      createHttpServer((request, answer) => {
        urls.push(request.url, request.headers.host);
        answer.end();
      }),
      { path: unixSocket },
    );
    expect((await attempt('http', { url: 'http://app/drain', unixSocket })).result).toEqual(SUCCEEDED);
    expect(urls).toEqual(['/drain', 'app']);
  });
});

describe('http: what an answer means', () => {
  it.each([
    [200, {}, SUCCEEDED],
    [204, {}, SUCCEEDED],
    [302, {}, { outcome: 'failed', reason: 'answered 302 Found, expected 2xx', retryable: false }],
    [404, {}, { outcome: 'failed', reason: 'answered 404 Not Found, expected 2xx', retryable: false }],
    [429, {}, { outcome: 'failed', reason: 'answered 429 Too Many Requests, expected 2xx', retryable: true }],
    [503, {}, { outcome: 'failed', reason: 'answered 503 Service Unavailable, expected 2xx', retryable: true }],
    [599, {}, { outcome: 'failed', reason: 'answered 599, expected 2xx', retryable: false }],
    [302, { expect: [200, 302] }, SUCCEEDED],
    [
      204,
      { expect: [200, '3xx'] },
      { outcome: 'failed', reason: 'answered 204 No Content, expected 200 or 3xx', retryable: false },
    ],
    [
      404,
      { onStatus: { 404: 'skip' } },
      { outcome: 'skipped', reason: 'answered 404 Not Found, which means that there is nothing to do' },
    ],
    [
      400,
      { onStatus: { 400: 'retry' } },
      { outcome: 'failed', reason: 'answered 400 Bad Request, expected 2xx', retryable: true },
    ],
    [
      503,
      { onStatus: { '5xx': 'fail' } },
      { outcome: 'failed', reason: 'answered 503 Service Unavailable, expected 2xx', retryable: false },
    ],
    [410, { onStatus: { '4xx': 'ok' } }, SUCCEEDED],
  ])('%i with %j', async (status, settings, result) => {
    let requests = 0;
    const host = await serve((_request, answer) => {
      requests += 1;
      answer.writeHead(status, { Location: '/elsewhere' }).end();
    });
    expect((await attempt('http', { url: `http://${host}`, ...settings })).result).toEqual(result);
    expect(requests).toBe(1);
  });

  it('is the status of the last answer, not of one that only says to go on', async () => {
    const host = await serve((_request, answer) => {
      answer.writeProcessing();
      answer.writeHead(201).end();
    });
    expect((await attempt('http', { url: `http://${host}` })).result).toEqual(SUCCEEDED);
  });
});

describe('http: no answer', () => {
  const broken = (reason: string) => ({ outcome: 'failed', reason, retryable: true });

  it('says that the connection was refused, and by whom', async () => {
    const host = await serve(() => {});
    await cleanups.pop()?.();
    expect((await attempt('http', { url: `http://${host}/drain?token=hush` })).result).toEqual(
      broken(`connection refused by ${host}`),
    );
  });

  it('says that there is no socket', async () => {
    const unixSocket = join(folder, 'none.sock');
    expect((await attempt('http', { url: 'http://app', unixSocket })).result).toEqual(
      broken(`no socket at ${unixSocket}`),
    );
  });

  it('says that the connection was reset', async () => {
    const host = await serveRaw((socket) => socket.once('data', () => socket.resetAndDestroy()));
    expect((await attempt('http', { url: `http://${host}` })).result).toEqual(broken(`connection reset by ${host}`));
  });

  it('says that the connection was closed', async () => {
    const host = await serveRaw((socket) => socket.once('data', () => socket.end()));
    expect((await attempt('http', { url: `http://${host}` })).result).toEqual(broken(`connection reset by ${host}`));
  });

  it('says that the answer is not HTTP', async () => {
    const host = await serveRaw((socket) => socket.once('data', () => socket.end('SSH-2.0-OpenSSH_9.2\r\n')));
    const { result } = await attempt('http', { url: `http://${host}` });
    expect(result).toEqual(broken(`answer of ${host} is not HTTP (HPE_INVALID_CONSTANT)`));
  });

  it('does not change the protocol', async () => {
    const answer = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
    const host = await serveRaw((socket) => socket.once('data', () => socket.write(answer)));
    const { result } = await attempt('http', { url: `http://${host}` });
    expect(result).toEqual(broken(`connection closed by ${host} without an answer`));
  });

  it('says that the body came to no end', async () => {
    const host = await serve((_request, answer) => {
      answer.writeHead(200, { 'Content-Length': 100 });
      answer.write('half of it', () => answer.destroy());
    });
    const { result, lines } = await attempt('http', { url: `http://${host}` });
    expect(result).toEqual(broken('answered 200 OK, but the connection broke within the body'));
    expect(lines).toEqual(['half of it']);
  });

  it('does not blame the connection for a body that had no end yet when the time was over', async () => {
    const host = await serve((_request, answer) => answer.write('an event\n'));
    const streaming = begin(actionOf('http', { url: `http://${host}` }));
    await streaming.printed('an event');
    streaming.stop();
    expect(await streaming.result).toEqual(broken('answered 200 OK, but its body had not come to its end'));
  });
});

describe('http: told to stop', () => {
  const STOPPED = { outcome: 'failed', reason: 'was told to stop', retryable: true };

  it('closes the connection at once when there is no answer yet', async () => {
    const arrived = Promise.withResolvers<Socket>();
    const host = await serveRaw((socket) => socket.once('data', () => arrived.resolve(socket)));
    const { result, stop } = begin(actionOf('http', { url: `http://${host}` }));
    const socket = await within('the request', arrived.promise);
    const closed = once(socket, 'close');
    stop();
    expect(await result).toEqual(STOPPED);
    await within('the end of the connection', closed);
  });

  it('closes the connection at once within a body that comes slowly', async () => {
    const arrived = Promise.withResolvers<Socket>();
    const host = await serve((request, answer) => {
      arrived.resolve(request.socket);
      answer.write('working on it\n');
    });
    const { result, stop, printed } = begin(actionOf('http', { url: `http://${host}` }));
    await printed('working on it');
    const closed = once(await arrived.promise, 'close');
    stop();
    expect(await result).toMatchObject({ outcome: 'failed' });
    await within('the end of the connection', closed);
  });

  it('sends nothing when it was told to stop before', async () => {
    let connections = 0;
    const host = await serveRaw(() => {
      connections += 1;
    });
    const { result, stop } = begin(actionOf('http', { url: `http://${host}` }));
    stop();
    expect(await result).toEqual(STOPPED);
    expect(connections).toBe(0);
  });
});

describe('http: what is read of an answer', () => {
  it('shows the first lines of the body', async () => {
    const host = await serve((_request, answer) => answer.end('{"drained": 3}\n\u001b[31mred\u0007\n'));
    expect((await attempt('http', { url: `http://${host}` })).lines).toEqual(['{"drained": 3}', 'red␇']);
  });

  it('says that it shows no more', async () => {
    const host = await serve((_request, answer) => answer.end('line\n'.repeat(100)));
    const { lines } = await attempt('http', { url: `http://${host}` });
    expect(lines).toHaveLength(21);
    expect(lines.at(-1)).toBe('hookkeeper: shows the first 20 lines of the answer only');
  });

  it('takes the end of the connection for the end of a body that has no length', async () => {
    const host = await serveRaw((socket) => socket.once('data', () => socket.end('HTTP/1.0 200 OK\r\n\r\none\ntwo')));
    expect(await attempt('http', { url: `http://${host}` })).toEqual({ result: SUCCEEDED, lines: ['one', 'two'] });
  });

  it('reads an endless body no further than maxBody, and closes the connection', async () => {
    const closed = Promise.withResolvers<void>();
    const host = await serve((_request, answer) => {
      const write = () => {
        while (answer.write('x'.repeat(10_000)));
      };
      answer.on('drain', write);
      answer.on('close', () => closed.resolve());
      write();
    });
    const { result, lines } = await attempt('http', { url: `http://${host}`, maxBody: '2Ki' });
    expect(result).toEqual(SUCCEEDED);
    expect(lines[0]).toBe('x'.repeat(2048));
    await within('the end of the connection', closed.promise);
  });

  it('takes an answer that comes before the body was sent', async () => {
    const bodyFile = file('megabyte', 'x'.repeat(1024 * 1024));
    // The buffers of a Unix socket hold less than the body, so it is never sent whole.
    const unixSocket = join(folder, 'early.sock');
    const server = createTcpServer((socket) => {
      socket.once('data', () => {
        socket.pause();
        socket.write('HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n');
      });
    });
    await listening(server, { path: unixSocket });
    const { result } = await attempt('http', { url: 'http://app', unixSocket, method: 'PUT', bodyFile });
    expect(result).toEqual({
      outcome: 'failed',
      reason: 'answered 413 Payload Too Large, expected 2xx',
      retryable: false,
    });
  });

  it('hides header values that the server repeats', async () => {
    const token = file('secret', 'hush-hush-hush');
    const host = await serve((request, answer) => answer.writeHead(401).end(JSON.stringify(request.headers)));
    const { lines, result } = await attempt('http', {
      url: `http://${host}/?key=query-secret`,
      headers: { 'X-Api-Key': 'inline-secret' },
      headersFromFiles: { Authorization: { file: token, prefix: 'Bearer ' } },
    });
    expect(lines[0]).toContain('"authorization":"Bearer [redacted]"');
    expect(lines[0]).toContain('"x-api-key":"[redacted]"');
    expect(JSON.stringify([lines, result])).not.toMatch(/hush|secret/);
  });

  it.each([
    ['Cookie', 'theme=dark; session=hush-hush-hush'],
    ['Authorization', 'Token token="hush-hush-hush", other'],
    ['X-Key', 'aHVzaC1odXNoLWh1c2g=='],
  ])('hides a value within a %s header that the server repeats by itself', async (name, value) => {
    const secret = value.match(/hush-hush-hush|aHV[^=]*/)?.[0] ?? '';
    const host = await serve((_request, answer) => answer.writeHead(401).end(`no session ${secret} is known`));
    const { lines } = await attempt('http', { url: `http://${host}/`, headers: { [name]: value } });
    expect(lines).toEqual(['no session [redacted] is known']);
  });

  it('never shows the beginning of a header value where a line is cut', async () => {
    const host = await serve(({ headers }, answer) => answer.end(`${'x'.repeat(3800)} ${headers.authorization}`));
    const { lines } = await attempt('http', {
      url: `http://${host}`,
      headers: { Authorization: `Bearer ${'hush'.repeat(200)}` },
    });
    expect(lines).toEqual([`${'x'.repeat(3800)} Bearer [redacted] … (line cut)`]);
  });
});

describe('http: TLS', () => {
  const [cert, key] = [readFileSync(fixture('server-cert.pem')), readFileSync(fixture('server-key.pem'))];
  const serveTls = (at: Parameters<typeof listening>[1] = LOCAL) =>
    listening(
      createHttpsServer({ cert, key }, (_request, answer) => answer.end()),
      at,
    );

  it('trusts the certificates of its ca', async () => {
    const host = await serveTls();
    expect((await attempt('http', { url: `https://${host}`, ca: fixture('ca.pem') })).result).toEqual(SUCCEEDED);
  });

  it('trusts no other, and does not try again', async () => {
    const host = await serveTls();
    expect((await attempt('http', { url: `https://${host}` })).result).toEqual({
      outcome: 'failed',
      reason: `certificate of ${host} is not trusted (UNABLE_TO_VERIFY_LEAF_SIGNATURE)`,
      retryable: false,
    });
  });

  it('looks for the name in the URL, also through a Unix socket', async () => {
    const unixSocket = join(folder, 'tls.sock');
    await serveTls({ path: unixSocket });
    const settings = { unixSocket, ca: fixture('ca.pem') };
    expect((await attempt('http', { url: 'https://localhost', ...settings })).result).toEqual(SUCCEEDED);
    expect((await attempt('http', { url: 'https://other.example', ...settings })).result).toEqual({
      outcome: 'failed',
      reason: `certificate of ${unixSocket} is not trusted (ERR_TLS_CERT_ALTNAME_INVALID)`,
      retryable: false,
    });
  });

  it('accepts every certificate when told to, and says so in its summary', async () => {
    const host = await serveTls();
    const settings = { url: `https://${host}/drain`, insecureSkipTLSVerify: true };
    expect((await attempt('http', settings)).result).toEqual(SUCCEEDED);
    expect(actionOf('http', settings).summary).toBe(`http GET https://${host}/drain, any certificate accepted`);
  });

  it('says that the other side does not speak TLS', async () => {
    const host = await serve(() => {});
    const { result } = await attempt('http', { url: `https://${host}` });
    expect(result).toMatchObject({ outcome: 'failed', retryable: true });
    expect(result).toMatchObject({ reason: expect.stringContaining(host) });
  });
});

describe('http: what is shown of it', () => {
  it.each([
    [
      { url: 'http://127.0.0.1:8080/admin/drain?token=hush#part', method: 'POST' },
      'http POST http://127.0.0.1:8080/admin/drain',
    ],
    [{ url: 'https://example.com' }, 'http GET https://example.com/'],
    [{ url: 'http://app/drain', unixSocket: '/run/app.sock' }, 'http GET http://app/drain through /run/app.sock'],
    [{ url: 'http://[::1]:80/x', headers: { Authorization: 'hush' }, body: 'hush' }, 'http GET http://[::1]/x'],
  ])('%j', (settings, summary) => {
    expect(actionOf('http', settings)).toMatchObject({ summary, stopMs: 0, ownMs: undefined });
  });
});
