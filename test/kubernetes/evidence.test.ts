import { describe, expect, it } from 'vitest';
import type { ContainerFacts, PodReading } from '../../src/hooks/pod-facts.ts';
import { createEvidence } from '../../src/kubernetes/evidence.ts';

const running: ContainerFacts = { containerId: 'containerd://aa', restartCount: 0, state: 'running', startedAtMs: 0 };
const app = {
  name: 'app',
  postStart: undefined,
  preStop: undefined,
  ports: [],
  process: { name: 'nobody-is-called-so' },
};

async function apiSighting(reading: PodReading) {
  const config = () => ({ containers: new Map([['app', app]]) });
  const evidence = createEvidence({ config, pod: { read: async () => reading } });
  return (await evidence.look(app, new AbortController().signal)).api;
}

const pod = (containers: readonly (readonly [string, ContainerFacts])[]): PodReading => ({
  kind: 'read',
  pod: { uid: 'uid-1', deletion: undefined, containers: new Map(containers) },
});

describe("what the pod's status shows of a container", () => {
  it('is its own', async () => {
    expect(await apiSighting(pod([['app', running]]))).toEqual({ kind: 'seen', seen: running });
  });

  it('is that it was never started, while no container is listed', async () => {
    expect(await apiSighting(pod([]))).toMatchObject({ kind: 'seen', seen: { containerId: undefined } });
  });

  it('is nothing where the config calls it by another name than the pod', async () => {
    expect(await apiSighting(pod([['web', running]]))).toEqual({
      kind: 'blind',
      why: 'the pod has no container app',
      remedy: 'name it in the config as in the pod',
    });
  });

  it('is nothing where the pod is another, or cannot be read', async () => {
    expect(await apiSighting({ kind: 'gone', reason: 'another pod has its name' })).toMatchObject({ kind: 'blind' });
    expect(await apiSighting({ kind: 'unknown', reason: 'answered 403' })).toEqual({
      kind: 'blind',
      why: 'answered 403',
      remedy: 'let its service account get the pod',
    });
  });

  it('is nothing for now where the API server is slow, which its service account is not to blame for', async () => {
    expect(await apiSighting({ kind: 'unknown', reason: 'slow', passing: true })).toEqual({
      kind: 'blind',
      why: 'slow',
      remedy: 'see why the API server does not answer in time',
      passing: true,
    });
  });
});
