/** Why there was no answer, in words, and whether the same request may go well later. */
export interface HttpFailure {
  readonly reason: string;
  readonly retryable: boolean;
  /** Nobody takes connections there: it was refused, or there is no such Unix socket. */
  readonly refused: boolean;
}

const REASONS: Readonly<Record<string, (target: string) => string>> = {
  ABORT_ERR: () => 'was told to stop',
  ECONNREFUSED: (target) => `connection refused by ${target}`,
  ECONNRESET: (target) => `connection reset by ${target}`,
  EPIPE: (target) => `connection reset by ${target}`,
  ETIMEDOUT: (target) => `connection to ${target} timed out`,
  EHOSTUNREACH: (target) => `no route to ${target}`,
  ENETUNREACH: (target) => `no route to ${target}`,
  ENOTFOUND: (target) => `host name of ${target} was not found`,
  EAI_AGAIN: (target) => `host name of ${target} could not be looked up now`,
  ENOENT: (target) => `no socket at ${target}`,
  EACCES: (target) => `no permission to connect to ${target}`,
  ERR_PROXY_TUNNEL: (target) => `the proxy of the environment does not lead to ${target}`,
  EPROTO: (target) => `${target} does not speak TLS as expected`,
};

/** Why a body is not whole. */
export function whyCutOff({ aborted }: AbortSignal): string {
  return aborted ? 'its body had not come to its end' : 'the connection broke within the body';
}

/** OpenSSL's and Node's codes for a certificate that does not hold (https://nodejs.org/api/tls.html#x509-certificate-error-codes). */
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|INVALID_(CA|PURPOSE)|HOSTNAME_MISMATCH/;

/**
 * Says in words what Node's error means. `target` is `host:port` or the path of a socket. Only codes are passed on: a message
 * may quote the request.
 */
export function httpFailure(error: unknown, target: string): HttpFailure {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  const refused = code === 'ECONNREFUSED' || code === 'ENOENT';
  const retryable = !CERTIFICATE.test(code);
  return { reason: reasonOf(code, target), retryable, refused };
}

function reasonOf(code: string, target: string): string {
  if (CERTIFICATE.test(code)) return `certificate of ${target} is not trusted (${code})`;
  if (code.startsWith('HPE_')) return `answer of ${target} is not HTTP (${code})`;
  return REASONS[code]?.(target) ?? `request to ${target} failed (${code})`;
}
