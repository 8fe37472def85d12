import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { apiCall } from '../../src/kubernetes/api-call.ts';
import { startKubernetesApi } from '../helpers/kubernetes-api.ts';
import { silentDns } from '../helpers/silent-dns.ts';

describe('an API server with a name', () => {
  it('is asked for once at a time, as a question cannot be taken back: a silent DNS leaves room for what tasks ask', async () => {
    const api = await startKubernetesApi();
    const ca = await readFile(join(api.accountDir, 'ca.crt'), 'utf8');
    const { asked, answer } = silentDns();
    const call = (signal = new AbortController().signal) =>
      apiCall({ host: 'api.test', port: api.port }, { token: 'first-token', ca }, { path: '/' }, signal);
    const leaving = new AbortController();
    const left = call(leaving.signal);
    leaving.abort();
    expect(await left).toMatchObject({ kind: 'failed' });
    const calls = Promise.all([call(), call()]);
    expect(asked).toEqual(['api.test']);
    answer('127.0.0.1');
    // They got there; its certificate is for 127.0.0.1 alone.
    const failed = { kind: 'failed', reason: expect.stringContaining('api.test') };
    expect(await calls).toEqual([failed, failed]);
    expect(api.requests).toEqual([]);
  });
});
