import { describe, expect, it } from 'vitest';
import { manualClock } from '../helpers/manual-clock.ts';
import { EMPTY_OK, stageKubelet } from './kubelet-stage.ts';

describe('the time of a hook', () => {
  it('has no bound for a postStart', async () => {
    const clock = manualClock();
    const { server, postStart } = await stageKubelet({ clock });
    const result = postStart();
    const request = await server.next();
    clock.advance(240_000);
    request.write(EMPTY_OK);
    expect(await result).toMatchObject({ kind: 'success', startedAtMs: Date.UTC(2026, 0, 1), durationMs: 240_000 });
  });

  it('ends with the grace for a preStop: the kubelet goes on, cancels nothing, and takes a late answer in silence', async () => {
    const clock = manualClock();
    const { server, preStop } = await stageKubelet({ clock });
    const result = preStop();
    const request = await server.next();
    clock.advance(30_000);
    const over = await result;
    expect(over).toMatchObject({ kind: 'graceOver', durationMs: 30_000 });
    request.write(EMPTY_OK);
    expect(over.kind === 'graceOver' && (await over.late)).toMatchObject({ kind: 'success', status: 200 });
    void preStop();
    expect((await server.next()).connection).toBe(1);
  });

  it('is not over a millisecond earlier', async () => {
    const clock = manualClock();
    const { server, preStop } = await stageKubelet({ clock });
    const result = preStop();
    const request = await server.next();
    clock.advance(29_999);
    request.write(EMPTY_OK);
    expect(await result).toMatchObject({ kind: 'success', durationMs: 29_999 });
    expect(clock.pending()).toBe(0);
  });
});

describe('a kubelet that dies', () => {
  it('ends its connections, and the next one delivers the preStop again with the whole grace', async () => {
    const clock = manualClock();
    const first = await stageKubelet({ clock });
    const result = first.preStop();
    const request = await first.server.next();
    clock.advance(3000);
    first.kubelet.die();
    expect(await result).toMatchObject({ kind: 'kubeletDied', durationMs: 3000 });
    expect(await request.ended).toBe('fin');

    const next = await stageKubelet({ clock });
    const again = next.preStop({ port: first.server.port });
    const second = await first.server.next();
    expect(second.text).toBe(request.text);
    clock.advance(29_999);
    second.write(EMPTY_OK);
    expect(await again).toMatchObject({ kind: 'success' });
  });

  it('ends the idle ones too', async () => {
    const { server, kubelet, postStart } = await stageKubelet();
    const result = postStart();
    const request = await server.next();
    request.write(EMPTY_OK);
    await result;
    kubelet.die();
    expect(await request.ended).toBe('fin');
  });

  it('ends the call that went on after the grace', async () => {
    const clock = manualClock();
    const { server, kubelet, preStop } = await stageKubelet({ clock });
    const result = preStop();
    await server.next();
    clock.advance(30_000);
    const over = await result;
    kubelet.die();
    expect(over.kind === 'graceOver' && (await over.late)).toEqual({ kind: 'kubeletDied' });
  });

  it('sends nothing any more, not even what a lost connection would bring again', async () => {
    const { server, kubelet, postStart, preStop } = await stageKubelet();
    const first = postStart();
    (await server.next()).write(EMPTY_OK);
    await first;
    const second = preStop();
    await server.next();
    kubelet.die();
    expect(await second).toMatchObject({ kind: 'kubeletDied' });
    expect(await preStop()).toMatchObject({ kind: 'kubeletDied' });
    const next = await stageKubelet();
    void next.preStop({ port: server.port, path: '/from-the-next' });
    expect((await server.next()).text).toContain('/from-the-next');
  });
});
