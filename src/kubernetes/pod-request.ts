import type { PodReading } from '../hooks/pod-facts.ts';
import type { ApiSettings, Credentials } from './api-access.ts';
import { apiCall } from './api-call.ts';
import { TOKEN_REFUSED } from './api-refusal.ts';
import { decodePod } from './pod-decode.ts';

/** Asks the API server for the own pod, until `signal` aborts. Never rejects. */
export async function requestPod(
  settings: ApiSettings,
  credentials: Credentials,
  signal: AbortSignal,
): Promise<PodReading> {
  const { podName, podNamed, podUid } = settings;
  const path = `/api/v1/namespaces/${encodeURIComponent(credentials.namespace)}/pods/${encodeURIComponent(podName)}`;
  const answer = await apiCall(settings, credentials, { path }, signal);
  if (answer.kind === 'failed')
    return { kind: 'unknown', reason: `the API server was not reached: ${answer.reason}`, passing: true };
  if (answer.status === 404 && podNamed) return { kind: 'gone', reason: `there is no pod ${podName} any more` };
  if (answer.status >= 500 || answer.status === 429)
    return { kind: 'unknown', reason: `the API server answered ${answer.status}`, passing: true };
  if (answer.status !== 200) return { kind: 'unknown', reason: refusal(answer.status, podName) };
  const pod = decodePod(answer.body);
  if (pod === undefined) return { kind: 'unknown', reason: 'the API server answered with what is no pod' };
  if (podUid !== undefined && pod.uid !== podUid && !podNamed)
    return { kind: 'unknown', reason: `${podName} is another pod: give the own name in HOOKKEEPER_POD_NAME` };
  if (podUid !== undefined && pod.uid !== podUid)
    return { kind: 'gone', reason: `another pod is called ${podName} now, with the UID ${pod.uid}` };
  return { kind: 'read', pod };
}

function refusal(status: number, podName: string): string {
  switch (status) {
    case 401:
      return TOKEN_REFUSED;
    case 403:
      return `the API server answered 403: a Role must allow the pod's service account to get pods`;
    case 404:
      return `the API server knows no pod ${podName}: give its name in HOOKKEEPER_POD_NAME`;
    default:
      return `the API server answered ${status}`;
  }
}
