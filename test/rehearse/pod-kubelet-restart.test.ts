import { describe, expect, it } from 'vitest';
import { answerNext, appContainer, oneApp, stagePod, up, withNative } from './pod-stage.ts';

describe('a kubelet that is killed', () => {
  it('in a preStop, and comes back, sends it again 1.3 s later with the full grace', async () => {
    const stage = await stagePod(oneApp({ ON_SIGTERM: 'ignore' }));
    await up(stage);
    stage.pod.delete();
    await stage.next('hookSent');
    const first = await stage.server.next();
    await stage.pass(3000);
    stage.pod.killKubelet();
    expect(await first.ended).toBe('fin');
    expect(await stage.next('hookEnded')).toMatchObject({ result: { kind: 'kubeletDied' } });
    const back = stage.clock.epochMs();
    stage.pod.startKubelet();
    const second = await stage.next('hookSent');
    expect(second.atMs - back).toBeGreaterThanOrEqual(1300);
    expect(second.atMs - back).toBeLessThan(1400);
    await answerNext(stage, 12_000);
    expect(await stage.next('signalSent')).toMatchObject({ graceMs: 18_000 });
  });

  it('after the answer, while the app ignores SIGTERM, sends the preStop again and no second SIGTERM', async () => {
    const stage = await stagePod(oneApp({ ON_SIGTERM: 'ignore' }));
    await up(stage);
    stage.pod.delete(8000);
    await stage.next('hookSent');
    await answerNext(stage);
    await stage.next('signalSent');
    stage.pod.killKubelet();
    await stage.pass(20_000);
    stage.pod.startKubelet();
    await stage.next('hookSent');
    await answerNext(stage);
    await stage.next('podEnded');
    expect(stage.story().filter((line) => /SIG|preStop$/.test(line))).toEqual([
      'app#0 preStop',
      'app#0 SIGTERM',
      'app#0 preStop',
      'app#0 SIGKILL',
      'app#0 ended SIGKILL',
    ]);
  });

  it('when the app is gone and the native sidecar drains sends no hook', async () => {
    const stage = await stagePod(withNative());
    await up(stage);
    stage.pod.delete();
    await stage.next('hookSent');
    await answerNext(stage);
    await stage.next('signalSent', 'hookkeeper');
    stage.pod.killKubelet();
    stage.pod.startKubelet();
    await stage.next('podEnded');
    expect(stage.story().filter((line) => /preStop$|SIGTERM/.test(line))).toEqual([
      'app#0 preStop',
      'app#0 SIGTERM',
      'hookkeeper#0 SIGTERM',
    ]);
  });

  it('in a postStart sends none again: the container is simply running', async () => {
    const stage = await stagePod((port) => [
      appContainer('app', {}, { postStart: { port, path: '/poststart/app' } }),
      appContainer('later'),
    ]);
    stage.pod.startKubelet();
    await stage.next('hookSent');
    stage.pod.killKubelet();
    stage.pod.startKubelet();
    await stage.next('containerStarted', 'later');
    expect(stage.story().filter((line) => line === 'app#0 postStart')).toHaveLength(1);
  });

  it('and comes back after a deletion sends one preStop with the full grace; after a forced one, none', async () => {
    for (const forced of [false, true]) {
      const stage = await stagePod(oneApp());
      await up(stage);
      stage.pod.killKubelet();
      if (forced) stage.pod.forceDelete();
      else stage.pod.delete();
      await stage.pass(12_000);
      stage.pod.startKubelet();
      if (!forced) {
        await stage.next('hookSent');
        await answerNext(stage);
        expect(await stage.next('signalSent')).toMatchObject({ graceMs: 30_000 });
      }
      await stage.next('podEnded');
      expect(stage.story().filter((line) => line === 'app#0 preStop')).toHaveLength(forced ? 0 : 1);
    }
  });
});
