import { describe, expect, it } from 'vitest';
import { answerNext, appContainer, stagePod } from './pod-stage.ts';

const hooks = (port: number) => ({
  postStart: { port, path: '/poststart/app' },
  preStop: { port, path: '/prestop/app' },
});
const bothHooks =
  (env: NodeJS.ProcessEnv = {}) =>
  (port: number) => [appContainer('app', env, hooks(port))];

describe('the start of a pod', () => {
  it('creates containers in their order, a later one only after the postStart of an earlier one was answered', async () => {
    const stage = await stagePod((port) => [appContainer('app', {}, hooks(port)), appContainer('other')]);
    stage.pod.startKubelet();
    const started = await stage.next('containerStarted', 'app');
    const sent = await stage.next('hookSent');
    expect(sent.atMs - started.atMs).toBe(12);
    expect(await answerNext(stage, 240_000)).toBe('/poststart/app');
    await stage.next('containerStarted', 'other');
    expect(stage.story()).toEqual([
      'kubeletStarted',
      'app#0 started',
      'app#0 postStart',
      'app#0 postStart success',
      'other#0 started',
    ]);
  });

  it('waits for nothing of a regular sidecar: the postStart comes 60 to 80 ms after it', async () => {
    const stage = await stagePod((port) => [appContainer('hookkeeper'), appContainer('app', {}, hooks(port))]);
    stage.pod.startKubelet();
    const sidecar = await stage.next('containerStarted', 'hookkeeper');
    const sent = await stage.next('hookSent', 'app');
    expect(sent.atMs - sidecar.atMs).toBeGreaterThanOrEqual(60);
    expect(sent.atMs - sidecar.atMs).toBeLessThanOrEqual(80);
  });

  it('creates nothing behind a native sidecar before its startupProbe succeeded', async () => {
    const stage = await stagePod((port) => {
      const startupProbe = { httpGet: { port, path: '/readyz' }, periodMs: 1000 };
      return [appContainer('hookkeeper', {}, { kind: 'native', startupProbe }), appContainer('app')];
    });
    stage.pod.startKubelet();
    await stage.next('containerStarted');
    const refused = await stage.server.next();
    expect(refused.text).toMatch(/^GET \/readyz .*kube-probe/s);
    refused.end('HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n');
    while (stage.server.waiting() === 0) await stage.pass(1000);
    expect(stage.story()).toEqual(['kubeletStarted', 'hookkeeper#0 started']);
    await answerNext(stage);
    await stage.next('containerStarted', 'app');
    expect(stage.story().slice(2)).toEqual(['hookkeeper#0 startupProbeSucceeded', 'app#0 started']);
  });

  it('a failed postStart is followed by a preStop of the same life, SIGTERM, a restart, and from the second on a back-off', async () => {
    const stage = await stagePod(bothHooks());
    stage.pod.startKubelet();
    await stage.next('containerStarted');
    for (const attempt of [0, 1, 2]) {
      await stage.next('hookSent');
      (await stage.server.next()).end();
      const failed = await stage.next('hookEnded');
      const preStop = await stage.next('hookSent');
      expect(preStop).toMatchObject({ hook: 'preStop', restartCount: attempt });
      // While real sockets and processes are waited for the clock goes on: at once is far from any wait.
      expect(preStop.atMs - failed.atMs).toBeLessThan(1000);
      expect(await answerNext(stage)).toBe('/prestop/app');
      await stage.next('hookEnded');
      const ended = await stage.next('containerEnded');
      if (attempt === 2) break;
      const delayMs = (await stage.next('containerStarted')).atMs - ended.atMs;
      if (attempt === 0) expect(delayMs).toBeLessThan(5000);
      else expect(delayMs).toBeGreaterThanOrEqual(9900);
    }
    // An app that hardly gets to run may not have ended by the end of a grace on a clock that goes on.
    const story = stage.story().filter((line) => !/^app#\d SIGKILL$/.test(line));
    expect(story).toEqual([
      'kubeletStarted',
      ...[0, 1, 2].flatMap((n) => [
        ...(n === 2 ? ['app backOff 10000'] : []),
        `app#${n} started`,
        `app#${n} postStart`,
        `app#${n} postStart failure`,
        `app#${n} preStop`,
        `app#${n} preStop success`,
        `app#${n} SIGTERM`,
        // A crash of the app and its end by SIGTERM are one thing where it ends before its handler stands.
        expect.stringMatching(`app#${n} ended (0|SIGTERM|SIGKILL)`),
      ]),
    ]);
  });

  it('the app crashing does not end its postStart: it runs on, then restart and a new postStart', async () => {
    const stage = await stagePod(bothHooks());
    stage.pod.startKubelet();
    await stage.next('hookSent');
    stage.pod.instance('app')?.child.kill('SIGKILL');
    await stage.next('containerEnded');
    await stage.pass(5000);
    expect(stage.story().at(-1)).toBe('app#0 ended SIGKILL');
    await answerNext(stage);
    expect(await stage.next('hookSent')).toMatchObject({ hook: 'postStart', restartCount: 1 });
  });
});

describe('a restart in place', () => {
  it('after a crash sends no preStop, and the next postStart 0.37 s after the exit', async () => {
    const stage = await stagePod(bothHooks());
    stage.pod.startKubelet();
    await stage.next('hookSent');
    await answerNext(stage);
    await stage.next('hookEnded');
    stage.pod.instance('app')?.child.kill('SIGKILL');
    const ended = await stage.next('containerEnded');
    const sent = await stage.next('hookSent');
    expect(sent).toMatchObject({ hook: 'postStart', restartCount: 1 });
    expect(sent.atMs - ended.atMs).toBeGreaterThanOrEqual(365);
    expect(sent.atMs - ended.atMs).toBeLessThanOrEqual(380);
  });

  it('after the verdict of a probe sends the preStop within the grace of the probe, then the next postStart', async () => {
    const stage = await stagePod(bothHooks({ ON_SIGTERM: 'ignore' }));
    stage.pod.startKubelet();
    await stage.next('hookSent');
    await answerNext(stage);
    await stage.next('hookEnded');
    stage.pod.failProbe('app', 5000);
    const verdict = await stage.next('probeFailed');
    const preStop = await stage.next('hookSent');
    expect(preStop).toMatchObject({ hook: 'preStop', restartCount: 0 });
    expect(preStop.atMs - verdict.atMs).toBe(9);
    expect(await stage.next('hookEnded')).toMatchObject({ result: { kind: 'graceOver', durationMs: 5000 } });
    expect(await stage.next('signalSent')).toMatchObject({ signal: 'SIGTERM', graceMs: 2000 });
    // The preStop of the old life is still open when the postStart of the new one comes.
    expect(await stage.next('hookSent')).toMatchObject({ hook: 'postStart', restartCount: 1 });
    const open = await stage.server.next();
    expect(open.text).toContain('GET /prestop/app');
    expect((await stage.server.next()).text).toContain('GET /poststart/app');
  });

  it('gives each of several containers whose probes failed at once its preStop and its next life', async () => {
    const of = (name: string, port: number) => appContainer(name, {}, { preStop: { port, path: `/prestop/${name}` } });
    const stage = await stagePod((port) => [of('app', port), of('web', port)]);
    stage.pod.startKubelet();
    await stage.next('containerStarted', 'web');
    stage.pod.failProbe('app');
    stage.pod.failProbe('web');
    for (const name of ['app', 'web']) {
      await stage.next('hookSent', name);
      expect(await answerNext(stage)).toBe(`/prestop/${name}`);
    }
    await stage.next('containerStarted', 'app');
    expect(await stage.next('containerStarted', 'app')).toMatchObject({ restartCount: 1 });
    expect(await stage.next('containerStarted', 'web')).toMatchObject({ restartCount: 1 });
  });

  it('of a native sidecar that crashed calls no hook', async () => {
    const stage = await stagePod((port) => [
      appContainer('hookkeeper', {}, { kind: 'native' }),
      appContainer('app', {}, hooks(port)),
    ]);
    stage.pod.startKubelet();
    await stage.next('hookSent');
    await answerNext(stage);
    await stage.next('hookEnded');
    stage.pod.instance('hookkeeper')?.child.kill('SIGKILL');
    await stage.next('containerStarted', 'app');
    await stage.next('containerStarted', 'hookkeeper');
    await stage.next('containerStarted', 'hookkeeper');
    await stage.pass(2000);
    expect(stage.story().filter((line) => line.includes('pre') || line.includes('app#1'))).toEqual([]);
  });
});

describe('what the API server knows of a pod', () => {
  it('at a postStart is the life before: nothing at the first start, the terminated one after a restart', async () => {
    const stage = await stagePod(bothHooks());
    const app = () => stage.pod.view()?.containers[0];
    stage.pod.startKubelet();
    await stage.next('hookSent');
    expect(app()).toMatchObject({ containerId: '', state: { is: 'waiting' } });
    await answerNext(stage);
    await stage.next('hookEnded');
    await stage.pass(100);
    const first = app();
    expect(first).toMatchObject({ restartCount: 0, state: { is: 'running' } });
    stage.pod.instance('app')?.child.kill('SIGKILL');
    await stage.next('hookSent');
    expect(app()).toMatchObject({ containerId: first?.containerId, restartCount: 0, state: { is: 'terminated' } });
    await answerNext(stage);
    await stage.next('hookEnded');
    await stage.pass(100);
    expect(app()).toMatchObject({ restartCount: 1, state: { is: 'running' } });
    expect(app()?.containerId).not.toBe(first?.containerId);
  });
});
