import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { actionOf, attempt } from '../attempt.ts';

/** Answers every request with `body`, and notes what it was asked. */
async function answering(body: string | Buffer, status = 200) {
  const seen: { url: string; headers: IncomingMessage['headers']; body: string }[] = [];
  const server = createServer((request, answer) => {
    void text(request).then((sent) => {
      seen.push({ url: request.url ?? '', headers: request.headers, body: sent });
      answer.writeHead(status).end(body);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not listening');
  return { url: `http://127.0.0.1:${address.port}`, seen };
}

const NODE = JSON.stringify({ node_id: 3, nested: { 'a b': ['x', true] }, none: null, list: [], empty: '' });

describe('http: what is captured from an answer', () => {
  async function captured(body: string | Buffer, capture: object, more: object = {}, status = 200) {
    const { url } = await answering(body, status);
    return (await attempt('http', { url, capture, ...more })).result;
  }

  it('is a value for each name, as text', async () => {
    const capture = { nodeId: '$.node_id', x: '$.nested["a b"][0]', yes: '$.nested["a b"][-1]' };
    expect(await captured(NODE, capture)).toEqual({
      outcome: 'succeeded',
      captured: { nodeId: '3', x: 'x', yes: 'true' },
    });
  });

  it('is a whole answer that is one value', async () => {
    expect(await captured('"savepoint-1"', { all: '$' })).toMatchObject({ captured: { all: 'savepoint-1' } });
  });

  it('is a number as it is written, however large', async () => {
    const capture = { id: '$.id', small: '$.small' };
    expect(await captured('{"id": 12345678901234567890, "small": 1.50}', capture)).toMatchObject({
      captured: { id: '12345678901234567890', small: '1.50' },
    });
  });

  it('is found behind a byte order mark, which some servers write', async () => {
    expect(await captured(`\ufeff${NODE}`, { id: '$.node_id' })).toMatchObject({ captured: { id: '3' } });
  });

  it('is text that can be sent on, also where half a character was escaped', async () => {
    expect(await captured('{"a": "x\\ud800"}', { a: '$.a' })).toMatchObject({ captured: { a: 'x\ufffd' } });
  });

  it.each([
    ['a path that is not there', NODE, '$.nodeId', 'x could not be captured: $.nodeId is not in its body'],
    ['what every object inherits', NODE, '$.constructor', 'x could not be captured: $.constructor is not in its body'],
    ['a null', NODE, '$.none', 'x could not be captured: $.none is no string, number or boolean'],
    ['a list', NODE, '$.list', 'x could not be captured: $.list is no string, number or boolean'],
    ['an empty text', NODE, '$.empty', 'x could not be captured: $.empty is empty'],
    ['a long text', JSON.stringify('ä'.repeat(513)), '$', 'x could not be captured: $ is longer than 1024 bytes'],
    ['a NUL', '"a\\u0000"', '$', 'x could not be captured: $ holds a NUL character'],
    ['text that is no JSON', 'node_id: 3', '$', 'its body is not JSON, so that nothing could be captured'],
    ['no body', '', '$', 'its body is not JSON, so that nothing could be captured'],
  ])('is never %s: then the attempt fails with the reason', async (_what, body, path, problem) => {
    expect(await captured(body, { x: path })).toEqual({
      outcome: 'failed',
      reason: `answered 200 OK, but ${problem}`,
      retryable: true,
    });
  });

  it('is nothing of a body that is longer than what is read of it', async () => {
    const long = JSON.stringify({ id: 1, rest: 'x'.repeat(2000) });
    expect(await captured(long, { id: '$.id' }, { maxBody: '1Ki' })).toMatchObject({
      reason:
        'answered 200 OK, but its body is not JSON, so that nothing could be captured, of which maxBody had only 1Ki read',
    });
    expect(await captured(long, { id: '$.id' }, { maxBody: '4Ki' })).toMatchObject({ captured: { id: '1' } });
  });

  it('is nothing of an answer that is no success', async () => {
    expect(await captured(NODE, { id: '$.node_id' }, {}, 500)).toMatchObject({ outcome: 'failed' });
    const skipped = await captured(NODE, { id: '$.node_id' }, { onStatus: { 404: 'skip' } }, 404);
    expect(skipped).toEqual({
      outcome: 'skipped',
      reason: 'answered 404 Not Found, which means that there is nothing to do',
    });
  });
});

describe('http: what was captured, in a later request', () => {
  async function sent(settings: { path?: string } & Record<string, unknown>, captured: Record<string, string>) {
    const { url, seen } = await answering('');
    const { path = '/', ...rest } = settings;
    const { result } = await attempt('http', { url: url + path, ...rest }, { captured });
    return { result, request: seen[0] };
  }

  it('stands in path and query, in headers and body', async () => {
    const { request } = await sent(
      {
        path: '/v1/brokers/$(id)/maintenance?by=$(id)&$$(id)',
        method: 'PUT',
        headers: { 'X-Node': 'n$(id)' },
        body: 'node=$(id)',
      },
      { id: '3' },
    );
    expect(request).toMatchObject({
      url: '/v1/brokers/3/maintenance?by=3&$(id)',
      headers: { 'x-node': 'n3' },
      body: 'node=3',
    });
  });

  it.each(['a/b?c#d&e=%2f ü', '../x', '..%2f', '://host/'])('changes neither path nor query: %s', async (value) => {
    const { request } = await sent({ path: '/before/x$(v)/after?q=$(v)&r=1' }, { v: value });
    const encoded = encodeURIComponent(value);
    expect(request?.url).toBe(`/before/x${encoded}/after?q=${encoded}&r=1`);
  });

  it.each(['.', '..'])('is not sent as a step of the path: %s', async (value) => {
    const { result, request } = await sent({ path: '/v1/brokers/$(v)/maintenance' }, { v: value });
    expect(result).toEqual({
      outcome: 'failed',
      reason: 'could not be sent: a captured value would lead to another path',
      retryable: true,
    });
    expect(request).toBeUndefined();
  });

  it.each(['two\r\nlines', 'ł'])('is not sent in a header that it would break: %j', async (value) => {
    const { result, request } = await sent({ headers: { 'X-Node': '$(v)' } }, { v: value });
    expect(result).toMatchObject({
      reason: 'could not be sent: a captured value must not stand in a header, in X-Node',
    });
    expect(request).toBeUndefined();
  });

  it('stays one text in a body that is JSON', async () => {
    const { request } = await sent({ method: 'POST', body: '{"dir": "s3://x/$(v)"}' }, { v: '", "drain": "no\n' });
    expect(JSON.parse(request?.body ?? '')).toEqual({ dir: 's3://x/", "drain": "no\n' });
  });

  it('is not looked for in what comes from files', async () => {
    const { request } = await sent({ method: 'POST', bodyFile: import.meta.filename }, {});
    expect(request?.body).toContain('$(v)');
  });

  it('is missed by name where it was not captured', async () => {
    const { result, request } = await sent({ path: '/$(nodeId)/$(term)' }, { nodeId: '3' });
    expect(result).toMatchObject({
      outcome: 'failed',
      reason: 'could not be sent: no earlier task of this run captured term',
    });
    expect(request).toBeUndefined();
  });

  it('is not in the summary: it is not known yet', () => {
    expect(actionOf('http', { url: 'http://127.0.0.1/a/$(id)?x=$(id)' }).summary).toBe(
      'http GET http://127.0.0.1/a/$(id)',
    );
  });
});
