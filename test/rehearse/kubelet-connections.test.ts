import { describe, expect, it } from 'vitest';
import { EMPTY_OK, errorOf, stageKubelet } from './kubelet-stage.ts';

describe('the connections of the kubelet', () => {
  it('are used again for later hooks of the pod', async () => {
    const { server, postStart, preStop } = await stageKubelet();
    const first = postStart();
    (await server.next()).write(EMPTY_OK);
    await first;
    const second = preStop();
    const request = await server.next();
    request.write(EMPTY_OK);
    await second;
    expect(request.connection).toBe(1);
  });

  it('are not used again after Connection: close', async () => {
    const { server, postStart, preStop } = await stageKubelet();
    const first = postStart();
    (await server.next()).write('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    await first;
    void preStop();
    expect((await server.next()).connection).toBe(2);
  });

  it('are not used again when the server ended them meanwhile', async () => {
    const { server, postStart, preStop } = await stageKubelet();
    const first = postStart();
    const request = await server.next();
    request.write(EMPTY_OK);
    await first;
    request.end();
    expect(await request.ended).toBe('fin');
    const second = preStop();
    (await server.next()).write(EMPTY_OK);
    expect(await second).toMatchObject({ kind: 'success', requests: 1 });
  });

  it('are one for each hook at the same time, and two at most are kept', async () => {
    const { server, preStop } = await stageKubelet();
    const first = [preStop(), preStop(), preStop()];
    const requests = [await server.next(), await server.next(), await server.next()];
    expect(new Set(requests.map(({ connection }) => connection))).toEqual(new Set([1, 2, 3]));
    for (const request of requests) request.write(EMPTY_OK);
    await Promise.all(first);
    void preStop();
    void preStop();
    void preStop();
    const again = [await server.next(), await server.next(), await server.next()];
    expect(again.filter(({ connection }) => connection <= 3)).toHaveLength(2);
  });

  it('bring a GET a second time when a reused one is lost before the first byte of the answer', async () => {
    const { server, postStart, preStop } = await stageKubelet();
    const first = postStart();
    (await server.next()).write(EMPTY_OK);
    await first;
    const second = preStop();
    const lost = await server.next();
    lost.end();
    const again = await server.next();
    again.write(EMPTY_OK);
    expect([lost.connection, again.connection]).toEqual([1, 2]);
    expect(again.text).toBe(lost.text);
    expect(await second).toMatchObject({ kind: 'success', requests: 2 });
  });

  it('bring it a third time when two were stale', async () => {
    const { server, preStop } = await stageKubelet();
    const first = [preStop(), preStop()];
    for (const request of [await server.next(), await server.next()]) request.write(EMPTY_OK);
    await Promise.all(first);
    const second = preStop();
    (await server.next()).reset();
    (await server.next()).reset();
    const last = await server.next();
    last.end();
    expect(last.connection).toBe(3);
    const result = await second;
    expect(errorOf(result, server)).toBe('Get "http://SIDECAR/prestop/app": EOF');
    expect(result).toMatchObject({ requests: 3 });
  });

  it('never bring it again when a fresh one is lost', async () => {
    const { server, preStop } = await stageKubelet();
    const result = preStop();
    (await server.next()).end();
    expect(await result).toMatchObject({ kind: 'failure', requests: 1 });
    expect(server.waiting()).toBe(0);
  });

  it('never bring it again when the answer had begun', async () => {
    const { server, postStart, preStop } = await stageKubelet();
    const first = postStart();
    (await server.next()).write(EMPTY_OK);
    await first;
    const second = preStop();
    const request = await server.next();
    expect(request.connection).toBe(1);
    request.end('HTTP/1.1 200 OK\r\n');
    expect(errorOf(await second, server)).toBe(
      'Get "http://SIDECAR/prestop/app": net/http: HTTP/1.x transport connection broken: unexpected EOF',
    );
    expect(server.waiting()).toBe(0);
  });

  it('are of no use to HTTPS', async () => {
    const { server, postStart, preStop } = await stageKubelet();
    const first = postStart();
    (await server.next()).write(EMPTY_OK);
    await first;
    void preStop({ scheme: 'HTTPS' });
    expect((await server.next()).connection).toBe(2);
  });
});

describe('a redirect', () => {
  const to = (location: string, status = 302) =>
    `HTTP/1.1 ${status} Found\r\nLocation: ${location}\r\nContent-Length: 0\r\n\r\n`;

  it.each([301, 302, 303, 307, 308])('with %i to the same host is followed, with its Referer', async (status) => {
    const { server, preStop } = await stageKubelet();
    const result = preStop();
    (await server.next()).write(to('/elsewhere?a=1', status));
    const next = await server.next();
    next.write(EMPTY_OK);
    expect(next.text).toMatch(/^GET \/elsewhere\?a=1 HTTP\/1\.1\r\n/);
    expect(next.text).toContain(`\r\nReferer: http://127.0.0.1:${server.port}/prestop/app\r\n`);
    expect(await result).toMatchObject({ kind: 'success', status: 200 });
  });

  it('to another port of the same host is followed', async () => {
    const { server, preStop } = await stageKubelet();
    const other = await stageKubelet();
    const result = preStop();
    (await server.next()).write(to(`http://127.0.0.1:${other.server.port}/x`));
    (await other.server.next()).write(EMPTY_OK);
    expect(await result).toMatchObject({ kind: 'success', status: 200 });
  });

  it('to another host is not followed, and is success', async () => {
    const { server, preStop } = await stageKubelet();
    const result = preStop();
    (await server.next()).write(to('http://192.0.2.1/x'));
    expect(await result).toMatchObject({ kind: 'success', status: 302, requests: 1 });
  });

  it('without a Location is success', async () => {
    const { server, preStop } = await stageKubelet();
    const result = preStop();
    (await server.next()).write('HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n');
    expect(await result).toMatchObject({ kind: 'success', status: 302 });
  });

  it('with a Location that is no URL fails the hook', async () => {
    const { server, preStop } = await stageKubelet();
    const result = preStop();
    (await server.next()).write(to('http://[/'));
    expect(errorOf(await result, server)).toBe(
      'Get "http://SIDECAR/prestop/app": failed to parse Location header "http://[/"',
    );
  });

  it('that leads in a circle fails the hook after ten requests', async () => {
    const { server, preStop } = await stageKubelet();
    const result = preStop();
    for (let i = 0; i < 10; i += 1) (await server.next()).write(to('/again'));
    expect(errorOf(await result, server)).toBe('Get "/again": stopped after 10 redirects');
    expect(server.waiting()).toBe(0);
  });
});
