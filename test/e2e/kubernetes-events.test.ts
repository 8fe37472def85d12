import { describe, expect, it } from 'vitest';
import { type ApiManner, startKubernetesApi } from '../helpers/kubernetes-api.ts';
import { json } from '../helpers/request.ts';
import { hooks, preStop, stage } from './stage.ts';

/** A pod whose Events go to a fake API server, with a preStop that fails. */
async function pod(manner: ApiManner = 'well') {
  const theStage = await stage();
  const api = await startKubernetesApi();
  api.behave(manner);
  const tasks = [theStage.task('notice'), theStage.task('save', `${theStage.gate('save')}; exit 3`)];
  await theStage.configure(hooks({ preStop: tasks }));
  const service = await theStage.start({ env: { ...api.env, HOOKKEEPER_POD_UID: 'uid-1' } });
  return { ...theStage, api, service };
}

describe('the Kubernetes Events of a pod', () => {
  it('tell what its hooks do, and the last is sent before the end', async () => {
    const { api, service, open } = await pod();
    const answer = preStop(service);
    expect(await api.eventSent('HookStarted')).toMatchObject({ type: 'Normal', involvedObject: { uid: 'uid-1' } });
    const again = preStop(service);
    expect(await api.eventSent('DuplicateDelivery')).toMatchObject({ message: expect.stringContaining('joined') });
    await open('save');
    expect(json(await answer)).toMatchObject({ outcome: 'failed' });
    await again;
    service.kill('SIGTERM');
    expect(await service.exited).toMatchObject({ code: 0 });
    const message = expect.stringMatching(/^preStop of app: failed .*: task save exited with 3/);
    expect(api.events.map(({ reason }) => reason)).toEqual(['HookStarted', 'DuplicateDelivery', 'HookFailed']);
    expect(api.events.at(-1)).toMatchObject({ type: 'Warning', message });
  });

  it('tell what a second signal breaks off', async () => {
    const { api, service, executed } = await pod();
    void preStop(service);
    await executed('save');
    await api.eventSent('HookStarted');
    service.kill('SIGTERM');
    await service.line('the signal', ({ signal }) => signal === 'SIGTERM');
    service.kill('SIGTERM');
    expect(await service.exited).toMatchObject({ code: 1 });
    const message = expect.stringMatching(/^preStop of app: was broken off: a second signal came/);
    expect(api.events.at(-1)).toMatchObject({ reason: 'HookFailed', type: 'Warning', message });
  });

  it('hold up neither a hook nor the end where the API server takes them and never answers', async () => {
    const { api, service, open } = await pod('never');
    const answer = preStop(service);
    await api.eventSent('HookStarted');
    await open('save');
    // The call for the first Event is still open when the hook is answered, and when the process ends.
    expect(json(await answer)).toMatchObject({ outcome: 'failed' });
    service.kill('SIGTERM');
    expect(await service.exited).toMatchObject({ code: 0 });
    expect(api.events).toHaveLength(1);
  });

  it('are given up with one line in the log where the pod may not create them', async () => {
    const { api, service, open } = await pod('forbidden');
    const answer = preStop(service);
    const line = await service.line('a word about Events', ({ msg }) => String(msg).includes('Kubernetes Events'));
    expect(line).toMatchObject({ level: 'warn', msg: expect.stringContaining('a Role must allow') });
    await open('save');
    expect(json(await answer)).toMatchObject({ outcome: 'failed' });
    service.kill('SIGTERM');
    expect(await service.exited).toMatchObject({ code: 0 });
    expect(api.events).toHaveLength(1);
  });
});
