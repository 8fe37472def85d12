import { describe, expect, it } from 'vitest';
import { manualClock } from '../helpers/manual-clock.ts';
import { EMPTY_OK, errorOf, stageKubelet } from './kubelet-stage.ts';

describe('what the kubelet sends', () => {
  it('is this GET for a hook of 1.36, byte for byte', async () => {
    const { server, preStop } = await stageKubelet();
    const result = preStop({ path: '/prestop/app?a=1&b=two' });
    const request = await server.next();
    request.write(EMPTY_OK);
    expect(request.text).toBe(
      [
        'GET /prestop/app?a=1&b=two HTTP/1.1',
        `Host: 127.0.0.1:${server.port}`,
        'User-Agent: kube-lifecycle/1.36',
        'Accept: */*',
        'Accept-Encoding: gzip',
        '\r\n',
      ].join('\r\n'),
    );
    expect(await result).toMatchObject({ kind: 'success', requests: 1 });
  });

  it('has a double slash, no Accept and no header of the manifest up to 1.24', async () => {
    const { server, preStop } = await stageKubelet({ version: '1.24' });
    const result = preStop({ httpHeaders: [{ name: 'Authorization', value: 'Bearer secret' }] });
    const request = await server.next();
    request.write(EMPTY_OK);
    expect(request.text).toBe(
      [
        'GET //prestop/app HTTP/1.1',
        `Host: 127.0.0.1:${server.port}`,
        'User-Agent: Go-http-client/1.1',
        'Accept-Encoding: gzip',
        '\r\n',
      ].join('\r\n'),
    );
    expect(await result).toMatchObject({ kind: 'success' });
  });

  it('has the headers of the manifest, canonical, sorted, repeats kept, values literal', async () => {
    const { server, preStop } = await stageKubelet();
    const httpHeaders = [
      { name: 'x-pod', value: '$(POD_NAME)' },
      { name: 'AUTHORIZATION', value: 'Bearer abc' },
      { name: 'x-many', value: 'two' },
      { name: 'X-Many', value: 'one' },
    ];
    void preStop({ httpHeaders });
    const lines = (await server.next()).text.split('\r\n').slice(2, -2);
    expect(lines).toEqual([
      'User-Agent: kube-lifecycle/1.36',
      'Accept: */*',
      'Authorization: Bearer abc',
      'X-Many: two',
      'X-Many: one',
      'X-Pod: $(POD_NAME)',
      'Accept-Encoding: gzip',
    ]);
  });

  it('lets the manifest say Host, User-Agent and Accept itself', async () => {
    const { server, preStop } = await stageKubelet();
    const httpHeaders = [
      { name: 'host', value: 'hooks.example' },
      { name: 'user-agent', value: 'mine' },
      { name: 'accept', value: '' },
    ];
    void preStop({ httpHeaders });
    const lines = (await server.next()).text.split('\r\n').slice(1, -2);
    expect(lines).toEqual(['Host: hooks.example', 'User-Agent: mine', 'Accept-Encoding: gzip']);
  });

  it('is nothing where a header of the manifest is none', async () => {
    const { server, preStop } = await stageKubelet();
    const badName = await preStop({ httpHeaders: [{ name: 'x y', value: '1' }] });
    const badValue = await preStop({ httpHeaders: [{ name: 'x-y', value: '1\r\nX: 2' }] });
    expect([errorOf(badName, server), errorOf(badValue, server)]).toEqual([
      'Get "http://SIDECAR/prestop/app": net/http: invalid header field name "x y"',
      'Get "http://SIDECAR/prestop/app": net/http: invalid header field value for "X-Y"',
    ]);
    expect(server.waiting()).toBe(0);
  });

  it('is nothing up to 1.24 where the path makes no URL', async () => {
    const { server, preStop } = await stageKubelet({ version: '1.24' });
    expect(errorOf(await preStop({ path: '/bad%zz' }), server)).toBe(
      'parse "http://SIDECAR//bad%zz": invalid URL escape "%zz"',
    );
    expect(server.waiting()).toBe(0);
  });

  it('goes to the host of the manifest rather than to the pod', async () => {
    const { server, preStop } = await stageKubelet({ podIP: '192.0.2.1' });
    void preStop({ host: '127.0.0.1' });
    expect((await server.next()).text).toContain(`\r\nHost: 127.0.0.1:${server.port}\r\n`);
  });

  it('is a TLS hello with scheme HTTPS, and after an HTTP answer one GET without Authorization', async () => {
    const { server, preStop } = await stageKubelet();
    const httpHeaders = [
      { name: 'Authorization', value: 'Bearer abc' },
      { name: 'X-Kept', value: 'yes' },
    ];
    const result = preStop({ scheme: 'HTTPS', httpHeaders });
    const hello = await server.next();
    expect(hello.text.startsWith('\u0016\u0003')).toBe(true);
    hello.end('HTTP/1.1 400 Bad Request\r\n\r\n');
    const plain = await server.next();
    plain.write(EMPTY_OK);
    expect(plain.text).toContain('\r\nX-Kept: yes\r\n');
    expect(plain.text).not.toContain('Authorization');
    expect(await result).toMatchObject({ kind: 'success', status: 200, requests: 2 });
  });

  it.each([
    ['HTTP/1.1 400 Bad Request\r\n\r\n', 'http: server gave HTTP response to HTTPS client'],
    ['SSH-2.0-OpenSSH\r\n', 'tls: first record does not look like a TLS handshake'],
    ['', 'EOF'],
  ])('fails with scheme HTTPS when %j is the answer, in the words for TLS', async (answer, words) => {
    const { server, preStop } = await stageKubelet();
    const result = preStop({ scheme: 'HTTPS' });
    (await server.next()).end(answer);
    if (answer.startsWith('HTTP/')) (await server.next()).end();
    expect(errorOf(await result, server)).toBe(`Get "https://SIDECAR/prestop/app": ${words}`);
  });
});

describe('a probe of the kubelet', () => {
  it('asks to close the connection, byte for byte', async () => {
    const { server, kubelet } = await stageKubelet();
    const result = kubelet.probe({ port: server.port, path: '/readyz' });
    const request = await server.next();
    request.end('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nready');
    expect(request.text).toBe(
      [
        'GET /readyz HTTP/1.1',
        `Host: 127.0.0.1:${server.port}`,
        'User-Agent: kube-probe/1.36',
        'Accept: */*',
        'Connection: close',
        '\r\n',
      ].join('\r\n'),
    );
    expect(await result).toEqual({ kind: 'success', status: 200, body: 'ready' });
  });

  it.each([
    [200, 'success'],
    [399, 'success'],
    [400, 'failure'],
    [503, 'failure'],
  ])('looks at the status: %i is %s', async (status, kind) => {
    const { server, kubelet } = await stageKubelet();
    const result = kubelet.probe({ port: server.port, path: '/readyz' });
    (await server.next()).end(`HTTP/1.1 ${status} X\r\nContent-Length: 0\r\n\r\n`);
    expect((await result).kind).toBe(kind);
  });

  it('fails after its timeout, and hangs up', async () => {
    const clock = manualClock();
    const { server, kubelet } = await stageKubelet({ clock });
    const result = kubelet.probe({ port: server.port, path: '/readyz' });
    const request = await server.next();
    clock.advance(1000);
    expect(await result).toEqual({
      kind: 'failure',
      output: `Get "http://127.0.0.1:${server.port}/readyz": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`,
    });
    expect(await request.ended).toBe('fin');
  });
});
