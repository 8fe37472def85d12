import { describe, expect, it } from 'vitest';
import { graceAfter } from '../../src/rehearse/container-kill.ts';
import { answerNext, appContainer, oneApp, preStop, stagePod, up, withNative } from './pod-stage.ts';

describe('the grace', () => {
  it.each([
    [30_000, 999, 30_000],
    [30_000, 1000, 29_000],
    [30_000, 12_900, 18_000],
    [5000, 5000, 2000],
    [1000, 0, 2000],
    [30_000, 45_000, 2000],
  ])(
    'of %i ms after a hook of %i ms leaves %i ms: whole seconds are taken, 2 s always remain',
    (graceMs, usedMs, left) => {
      expect(graceAfter(graceMs, usedMs)).toBe(left);
    },
  );

  it('of 5 s with a hook that is not answered: SIGTERM at 5 s, SIGKILL at 7 s, the request stays open', async () => {
    const stage = await stagePod(oneApp({ ON_SIGTERM: 'ignore' }));
    await up(stage);
    stage.pod.delete(5000);
    const sent = await stage.next('hookSent');
    const received = await stage.server.next();
    const sigterm = await stage.next('signalSent');
    expect(sigterm).toMatchObject({ signal: 'SIGTERM', graceMs: 2000 });
    const sigkill = await stage.next('signalSent');
    expect(sigkill).toMatchObject({ signal: 'SIGKILL' });
    expect([sigterm.atMs - sent.atMs, sigkill.atMs - sent.atMs]).toEqual([5010, 7010]);
    await stage.next('podEnded');
    expect(received.socket.destroyed).toBe(false);
  });

  it('is still all there for SIGTERM when the hook took less than a second; refused, SIGTERM comes at once', async () => {
    const stage = await stagePod((port) => [
      appContainer('app', {}, preStop(port)),
      appContainer('bad', {}, { preStop: { port: 1, path: '/' } }),
    ]);
    await up(stage);
    stage.pod.delete();
    await stage.next('hookSent', 'app');
    await answerNext(stage, 100);
    expect(await stage.next('signalSent', 'bad')).toMatchObject({ graceMs: 30_000 });
    expect(await stage.next('signalSent', 'app')).toMatchObject({ graceMs: 30_000 });
    await stage.next('podEnded');
    expect(stage.story().filter((line) => line.startsWith('bad#0 preStop'))).toEqual([
      'bad#0 preStop',
      'bad#0 preStop failure',
    ]);
  });
});

describe('a deletion', () => {
  it('waits for a postStart that is being executed; then comes the preStop with the full grace', async () => {
    const stage = await stagePod((port) => [
      appContainer('app', {}, { postStart: { port, path: '/poststart/app' }, ...preStop(port) }),
      appContainer('later'),
    ]);
    stage.pod.startKubelet();
    await stage.next('hookSent');
    await stage.pass(5000);
    stage.pod.delete();
    await answerNext(stage, 15_000);
    const answered = await stage.next('hookEnded');
    const sent = await stage.next('hookSent');
    expect(sent.hook).toBe('preStop');
    expect(sent.atMs - answered.atMs).toBeLessThan(275);
    await answerNext(stage);
    expect(await stage.next('signalSent')).toMatchObject({ graceMs: 30_000 });
    await stage.next('podEnded');
    expect(stage.story().filter((line) => line.startsWith('later'))).toEqual([]);
  });

  it('a second time, with a shorter or a longer grace, brings nothing: the first grace holds', async () => {
    const stage = await stagePod(oneApp({ ON_SIGTERM: 'ignore' }));
    await up(stage);
    stage.pod.delete(6000);
    const sent = await stage.next('hookSent');
    stage.pod.delete(3000);
    await answerNext(stage);
    stage.pod.delete(60_000);
    await stage.next('signalSent');
    const sigkill = await stage.next('signalSent');
    expect(sigkill.atMs - sent.atMs).toBeGreaterThan(6000);
    expect(sigkill.atMs - sent.atMs).toBeLessThan(7000);
    expect(stage.story().filter((line) => line === 'app#0 preStop')).toHaveLength(1);
    expect(stage.pod.view()?.deletion?.graceMs).toBe(3000);
  });

  it('by force gives the hook 1 s, and the object is gone at once', async () => {
    const stage = await stagePod(oneApp());
    await up(stage);
    stage.pod.forceDelete();
    expect(stage.pod.view()).toBeUndefined();
    await stage.next('hookSent');
    expect(await stage.next('hookEnded')).toMatchObject({ result: { kind: 'graceOver', durationMs: 1000 } });
    expect(await stage.next('signalSent')).toMatchObject({ graceMs: 2000 });
  });

  it('by force during the hook changes nothing of the hook', async () => {
    const stage = await stagePod(oneApp());
    await up(stage);
    stage.pod.delete();
    await stage.next('hookSent');
    stage.pod.forceDelete();
    await answerNext(stage, 4000);
    expect(await stage.next('hookEnded')).toMatchObject({ result: { kind: 'success' } });
    await stage.next('podEnded');
    expect(stage.story().filter((line) => line === 'app#0 preStop')).toHaveLength(1);
  });
});

describe('the order of the ends', () => {
  it.each([-4, 20])('a regular sidecar gets SIGTERM %i ms after the preStops of the others', async (sigtermRaceMs) => {
    const times = { sigtermRaceMs };
    const containers = (port: number) => [appContainer('hookkeeper'), appContainer('app', {}, preStop(port))];
    const stage = await stagePod(containers, { times });
    await up(stage);
    stage.pod.delete();
    const sent = await stage.next('hookSent');
    const sigterm = await stage.next('signalSent', 'hookkeeper');
    expect(sigterm.atMs - sent.atMs).toBe(sigtermRaceMs);
  });

  it('a native sidecar gets SIGTERM 56 ms after the end of the last app container', async () => {
    const stage = await stagePod(withNative());
    await up(stage);
    stage.pod.delete();
    await stage.next('hookSent');
    await answerNext(stage, 3000);
    await stage.next('signalSent', 'app');
    // The process ends on the real clock: the pod's stands still meanwhile.
    await stage.pod.instance('app')?.child.exited;
    const ended = await stage.next('containerEnded', 'app');
    const sigterm = await stage.next('signalSent', 'hookkeeper');
    expect(Math.abs(sigterm.atMs - ended.atMs - 56)).toBeLessThanOrEqual(2);
  });

  it('or, when the grace runs out, together with the app; SIGKILL 2 s later: the grace and 2 s in all', async () => {
    const stage = await stagePod(withNative({ ON_SIGTERM: 'ignore' }));
    await up(stage);
    stage.pod.delete();
    const sent = await stage.next('hookSent');
    const app = await stage.next('signalSent', 'app');
    const sidecar = await stage.next('signalSent', 'hookkeeper');
    expect(Math.abs(app.atMs - sidecar.atMs)).toBeLessThanOrEqual(15);
    const killed = await stage.next('signalSent', 'hookkeeper');
    expect(killed).toMatchObject({ signal: 'SIGKILL' });
    expect(killed.atMs - sent.atMs).toBeGreaterThanOrEqual(31_990);
    expect(killed.atMs - sent.atMs).toBeLessThanOrEqual(32_020);
  });

  it('a native sidecar of a completed Job gets SIGTERM 0.4 to 0.5 s after the exit, without any hook', async () => {
    const stage = await stagePod(withNative(), { restartPolicy: 'Never' });
    await up(stage);
    stage.pod.instance('app')?.child.kill('SIGHUP');
    await stage.pod.instance('app')?.child.exited;
    const ended = await stage.next('containerEnded', 'app');
    expect(ended.exit).toEqual({ code: 0, signal: null });
    const sigterm = await stage.next('signalSent');
    expect(sigterm.container).toBe('hookkeeper');
    expect(sigterm.atMs - ended.atMs).toBeGreaterThanOrEqual(400);
    expect(sigterm.atMs - ended.atMs).toBeLessThanOrEqual(500);
    stage.pod.instance('hookkeeper')?.child.kill('SIGKILL');
    await stage.next('podEnded');
    expect(stage.story().filter((line) => line.includes('preStop'))).toEqual([]);
  });
});
