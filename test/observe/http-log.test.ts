import { describe, expect, it } from 'vitest';
import { CURL, dial, failed, KUBELET, openHookPort, succeeded } from '../server/hook-port.ts';

describe('the line of a request on the hook port', () => {
  it('tells who called, what was answered and how long it took', async () => {
    await using port = await openHookPort({ result: succeeded });
    await port.get('/prestop/app?token=s3cret', `${KUBELET}Authorization: Bearer s3cret\r\nCookie: s3cret\r\n`);
    expect(await port.linesOnce(1)).toEqual([
      {
        level: 'info',
        time: expect.any(String),
        method: 'GET',
        path: '/prestop/app',
        address: '127.0.0.1',
        userAgent: 'kube-lifecycle/1.36',
        status: 200,
        callerGone: false,
        durationMs: expect.any(Number),
        run: 'k3f9-7',
        hook: 'preStop',
        container: 'app',
        delivery: 'executed',
        outcome: 'succeeded',
        msg: expect.stringMatching(/^GET \/prestop\/app from 127\.0\.0\.1: 200 after \d+ ms, succeeded$/),
      },
    ]);
  });

  it('tells that the connection was broken, and why', async () => {
    await using port = await openHookPort({ result: failed });
    await port.get('/prestop/app', KUBELET);
    expect(await port.linesOnce(1)).toEqual([
      expect.objectContaining({
        level: 'warn',
        status: 'broken',
        callerGone: false,
        outcome: 'failed',
        msg: expect.stringMatching(/: connection broken with the reason after \d+ ms, failed$/),
      }),
    ]);
    await port.get('/prestp/app', KUBELET);
    expect((await port.linesOnce(2))[1]).toMatchObject({
      level: 'warn',
      status: 'broken',
      refused: 'the path /prestp/app is unknown',
      msg: expect.stringMatching(/: connection broken .*, refused: the path \/prestp\/app is unknown$/),
    });
  });

  it('tells that the caller went away', async () => {
    await using port = await openHookPort();
    const next = port.nextDelivery();
    const socket = await dial(port.port);
    socket.write(`GET /prestop/app HTTP/1.1\r\nHost: pod\r\n${KUBELET}\r\n`);
    await next;
    socket.destroy();
    expect(await port.linesOnce(1)).toEqual([
      expect.objectContaining({
        level: 'warn',
        status: 'none',
        callerGone: true,
        address: '127.0.0.1',
        msg: expect.stringMatching(
          /^GET \/prestop\/app from 127\.0\.0\.1: the caller went away after .*, which cancels nothing$/,
        ),
      }),
    ]);
  });

  it('tells the status of a failure to other callers, and no error of its own', async () => {
    await using port = await openHookPort({ result: failed });
    await port.get('/prestop/app', CURL);
    expect(await port.linesOnce(1)).toEqual([
      expect.objectContaining({ level: 'warn', status: 500, outcome: 'failed' }),
    ]);
    expect(port.lines[0]).not.toHaveProperty('err');
  });

  it('has no control characters that a caller sent', async () => {
    await using port = await openHookPort();
    await port.get('/x', 'User-Agent: \u00c2\u0085evil\u00c2\u009b31m\r\n');
    expect(JSON.stringify(port.lines)).not.toMatch(/[\u0080-\u009f]/);
  });
});
