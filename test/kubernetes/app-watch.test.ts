import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Config } from '../../src/config/config.ts';
import type { ActionFacts } from '../../src/config/task-kind.ts';
import { createAppWatch } from '../../src/kubernetes/app-watch.ts';
import { createPodSource } from '../../src/kubernetes/pod-source.ts';
import { startKubernetesApi } from '../helpers/kubernetes-api.ts';
import { manualClock } from '../helpers/manual-clock.ts';

const never = new AbortController().signal;

/** A watch of the container `app`, whose process nobody can see, in a pod without a journal. */
function watchOf(ports: readonly number[], env: Readonly<NodeJS.ProcessEnv> = {}) {
  const app = {
    name: 'app',
    postStart: undefined,
    preStop: undefined,
    ports,
    process: { name: 'nobody-is-called-so' },
  };
  const config: Pick<Config<ActionFacts>, 'containers'> = { containers: new Map([['app', app]]) };
  const clock = manualClock();
  const pod = createPodSource({ env, podUid: undefined, clock });
  const watch = createAppWatch({ config: () => config, journal: { runsOf: () => [] }, pod, clock });
  return { clock, look: async (name = 'app') => (await watch.look(name, never)).kind };
}

describe('the watch of an app', () => {
  it('sees it listen, and then that it does not any more', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const address = server.address();
    const { look } = watchOf([typeof address === 'object' && address !== null ? address.port : 0]);
    expect(await look()).toBe('alive');
    server.close();
    await once(server, 'close');
    expect(await look()).toBe('gone');
  });

  it('asks the API server no more than once a second', async () => {
    const containers = (state: object) => [{ name: 'app', containerID: 'containerd://aa', state }];
    const api = await startKubernetesApi({ containers: containers({ running: {} }) });
    const { look, clock } = watchOf([], api.env);
    expect(await look()).toBe('alive');
    api.setPod({ containers: containers({ terminated: {} }) });
    expect(await look()).toBe('alive');
    clock.advance(1000);
    expect(await look()).toBe('gone');
    expect(api.requests).toHaveLength(2);
  });

  it('does not know what it can not see', async () => {
    const { look } = watchOf([]);
    expect(await look()).toBe('unknown');
    expect(await look('other')).toBe('unknown');
  });
});
