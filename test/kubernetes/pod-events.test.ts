import { Event } from 'kubernetes-models/v1/Event';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { HookEvent } from '../../src/hooks/event.ts';
import type { RunRecord } from '../../src/journal/entry.ts';
import { createPodEvents } from '../../src/kubernetes/pod-events.ts';
import { eventObject } from '../../src/kubernetes/post-event.ts';
import { cleanText } from '../../src/observe/clean-text.ts';
import { type ApiManner, startKubernetesApi } from '../helpers/kubernetes-api.ts';
import { manualClock } from '../helpers/manual-clock.ts';
import { within } from '../helpers/within.ts';
import { endedRun } from '../server/hook-port.ts';

const run: RunRecord = { ...endedRun(), state: 'running', instance: 'k3f9' };
const identity = { incarnation: run.incarnation, guess: false, said: undefined };
const delivery = { hook: 'preStop', container: 'app', caller: 'kubelet', key: undefined, atMs: 1000 } as const;
const started: HookEvent = { type: 'runStarted', run, resumed: false, remainingMs: 35_000, deadlineEpochMs: 0 };
const ended: HookEvent = { type: 'runEnded', run: endedRun() };
const joined: HookEvent = { type: 'delivered', delivery, served: 'joined', run, identity };

async function stage(manner: ApiManner = 'well', env: Record<string, string> = {}, podUid = 'uid-1') {
  const api = await startKubernetesApi();
  api.behave(manner);
  const clock = manualClock();
  const problems: string[] = [];
  const onProblem = Promise.withResolvers<string>();
  const events = createPodEvents({
    env: { ...api.env, ...env },
    podUid: podUid || undefined,
    clock,
    clean: cleanText,
    onProblem(reason) {
      problems.push(reason);
      onProblem.resolve(reason);
    },
  });
  const close = async () => {
    const closed = events.close();
    clock.advance(300);
    await closed;
  };
  onTestFinished(close);
  return { api, clock, events, problems, problem: within('a problem', onProblem.promise) };
}

describe('Kubernetes Events', () => {
  it('are sent with the token of the pod, as objects that Kubernetes takes, and found with the pod', async () => {
    const { api, events } = await stage();
    const reason = 'answered 500 by http://user:hunter2@host/?key=hunter2';
    events.onEvent({ type: 'runEnded', run: endedRun({ outcome: 'failed', reason }) });
    const sent = await api.eventSent('HookFailed');
    expect(sent).toEqual({
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { generateName: 'web-0.', namespace: 'shop' },
      involvedObject: {
        apiVersion: 'v1',
        kind: 'Pod',
        name: 'web-0',
        namespace: 'shop',
        uid: 'uid-1',
        fieldPath: 'spec.containers{app}',
      },
      type: 'Warning',
      reason: 'HookFailed',
      message: expect.stringMatching(/^preStop of app: failed .*\[redacted\]/),
      count: 1,
      firstTimestamp: '2026-01-01T00:00:00Z',
      lastTimestamp: '2026-01-01T00:00:00Z',
      source: { component: 'hookkeeper' },
      reportingComponent: 'hookkeeper',
      reportingInstance: 'web-0',
    });
    expect(JSON.stringify(sent)).not.toContain('hunter2');
  });

  it('are what the schema of Kubernetes says, whatever the text is', () => {
    const settings = {
      host: 'h',
      port: 1,
      accountDir: '',
      podName: 'web-0',
      podNamed: true,
      namespace: 'shop',
      podUid: 'u',
    };
    const credentials = { token: 't', ca: '', namespace: 'shop' };
    const event = {
      reason: 'HookFailed',
      type: 'Warning',
      container: 'app',
      message: 'ä'.repeat(9000),
      key: '',
    } as const;
    const queued = { event, count: 3, firstAtMs: 1_800_000_000_123, lastAtMs: 1_800_000_001_456 };
    const object = eventObject({ settings, credentials, podUid: 'u', queued, clean: cleanText });
    expect(() => new Event(object).validate()).not.toThrow();
    expect(() => new Event({ ...object, firstTimestamp: 'yesterday' }).validate()).toThrow();
    expect(Buffer.byteLength(object.message)).toBeLessThanOrEqual(1024);
    expect(object).toMatchObject({ firstTimestamp: '2027-01-15T08:00:00Z', lastTimestamp: '2027-01-15T08:00:01Z' });
  });

  it('are few, however many deliveries come', async () => {
    const { api, events } = await stage();
    events.onEvent(joined);
    for (let i = 0; i < 1000; i += 1) events.onEvent(joined);
    await api.eventSent('DuplicateDelivery');
    events.onEvent(ended);
    // What is due now does not wait for what is due later.
    await api.eventSent('HookSucceeded');
    await events.close();
    expect(api.events.length).toBeLessThan(5);
    const counts = api.events.filter(({ reason }) => reason === 'DuplicateDelivery').map(({ count }) => Number(count));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(1001);
  });

  it('are sent again when the API server is back, with what came in between', async () => {
    const { api, events, clock, problem, problems } = await stage('broken');
    events.onEvent(started);
    expect(await problem).toBe('the API server answered 500');
    api.behave('well');
    events.onEvent(ended);
    for (let ms = 0; ms < 3000; ms += 100) {
      clock.advance(100);
      await new Promise(setImmediate);
    }
    await api.eventSent('HookSucceeded');
    expect(api.events.map(({ reason }) => reason)).toEqual(['HookStarted', 'HookStarted', 'HookSucceeded']);
    expect(problems).toHaveLength(1);
  });

  it('are given up for 5 minutes where the pod may not create them, which is said once, with the remedy', async () => {
    const { api, events, clock, problem, problems } = await stage('forbidden');
    events.onEvent(started);
    expect(await problem).toBe(
      "the API server answered 403: a Role must allow the pod's service account to create events",
    );
    for (let i = 0; i < 100; i += 1) events.onEvent(ended);
    clock.advance(200_000);
    await new Promise(setImmediate);
    expect(api.events).toHaveLength(1);
    clock.advance(100_000);
    await api.eventSent('HookSucceeded');
    expect(problems).toHaveLength(1);
  });

  it.each([
    [
      'User "system:serviceaccount:shop:web" cannot create resource "events" in API group "" in the namespace "shop"',
      "the API server answered 403: a Role must allow the pod's service account to create events",
    ],
    [
      'unable to create new content in namespace shop because it is being terminated',
      'the API server answered 403: events is forbidden: unable to create new content in namespace shop because it is being terminated',
    ],
  ])('are given up for the reason that the API server says: %s', async (why, told) => {
    const { api, events, problem } = await stage();
    api.behave('forbidden', 0, `events "web-0.x7k2p" is forbidden: ${why}`);
    events.onEvent(started);
    expect(await problem).toBe(told);
  });

  it('need no Role, but a token, where that is not taken', async () => {
    const { api, events, problem } = await stage();
    await api.rotateToken('another', false);
    events.onEvent(started);
    expect(await problem).toMatch(/^the API server answered 401: it does not take the token/);
  });

  it('are tried once more at the end, where the API server was ill just before', async () => {
    const { api, events, clock, problem } = await stage('broken');
    events.onEvent(started);
    await problem;
    events.onEvent(ended);
    api.behave('well');
    const closed = events.close();
    await api.eventSent('HookSucceeded');
    expect(api.events.map(({ reason }) => reason)).toEqual(['HookStarted', 'HookStarted', 'HookSucceeded']);
    clock.advance(300);
    await closed;
  });

  it('are not tried again and again at the end, nor where the pod may not create them', async () => {
    const broken = await stage('broken');
    broken.events.onEvent(started);
    await broken.problem;
    broken.events.onEvent(ended);
    await within('the end', broken.events.close());
    expect(broken.api.events.map(({ reason }) => reason)).toEqual(['HookStarted', 'HookStarted']);

    const forbidden = await stage('forbidden');
    forbidden.events.onEvent(started);
    await forbidden.problem;
    forbidden.events.onEvent(ended);
    await within('the end', forbidden.events.close());
    expect(forbidden.api.events).toHaveLength(1);
  });

  it('hold up the end for 300 ms at most, with an API server that never answers', async () => {
    const { api, events, clock, problem } = await stage('never');
    events.onEvent(started);
    await api.eventSent('HookStarted');
    const closed = events.close();
    clock.advance(299);
    const early = await Promise.race([closed.then(() => 'closed'), new Promise(setImmediate)]);
    expect(early).not.toBe('closed');
    clock.advance(1);
    await within('the end', closed);
    expect(await problem).toBe('there was no time to wait for the answer');
  });

  it('are given up one by one where nobody answers, each after 5 s', async () => {
    const { api, events, clock, problem } = await stage('never');
    events.onEvent(started);
    await api.eventSent('HookStarted');
    clock.advance(5000);
    expect(await problem).toBe('the API server gave no answer');
  });

  it.each<[string, Record<string, string>, string]>([
    ['the environment says so', { HOOKKEEPER_EVENTS: 'false' }, 'uid-1'],
    ['the pod has no service account', { HOOKKEEPER_SERVICE_ACCOUNT: '/nowhere' }, 'uid-1'],
    ['there is no API server', { KUBERNETES_SERVICE_HOST: '' }, 'uid-1'],
    ["the pod's UID is not known", {}, ''],
  ])('are off where %s', async (_what, env, podUid) => {
    const { api, events, problems } = await stage('well', env, podUid);
    events.onEvent(started);
    await events.close();
    expect([api.events, problems]).toEqual([[], []]);
  });
});
