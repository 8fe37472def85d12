import type { Refusal } from './admission.ts';

/** The limits on what a request may be before it is one. */
export const REQUEST_LIMITS = {
  /** All of a request's line and headers, in bytes. */
  headerBytes: 16 * 1024,
  /** How long the line and headers may take to arrive, in ms. */
  headersMs: 10_000,
  /** How long the whole of a request may take to arrive, in ms. It says nothing of how long the answer may take. */
  requestMs: 30_000,
} as const;

/** The first byte of a TLS handshake record (RFC 8446, section 5.1). */
const TLS_HANDSHAKE = 0x16;

/** Node's code for a request that did not arrive in time. */
const TOO_LATE = 'ERR_HTTP_REQUEST_TIMEOUT';

/** Whether the request did not arrive in time. */
export function isTooLate(error: Error): boolean {
  return 'code' in error && error.code === TOO_LATE;
}

/** Why Node's HTTP parser gave up a connection, as a refusal. `error` is that of Node's 'clientError'. */
export function malformed(error: Error): Refusal {
  const code = 'code' in error ? error.code : undefined;
  const bytes = 'rawPacket' in error && Buffer.isBuffer(error.rawPacket) ? error.rawPacket : undefined;
  if (bytes?.[0] === TLS_HANDSHAKE) {
    return refusal('the request is TLS and this port speaks plain HTTP', 'take the scheme HTTPS out of the hook');
  }
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return refusal(`its headers have more than ${REQUEST_LIMITS.headerBytes} bytes`, 'send fewer or shorter headers');
    case TOO_LATE:
      return refusal(`no request arrived within ${REQUEST_LIMITS.headersMs / 1000} s`, 'send it at once');
    case 'HPE_INVALID_EOF_STATE':
      return refusal('the request ended in the middle', 'send the whole of it');
    default: {
      const detail = 'reason' in error && typeof error.reason === 'string' ? error.reason : error.message;
      return refusal(
        `the request is not valid HTTP (${detail})`,
        "check the hook's path for spaces and other bad characters",
      );
    }
  }
}

function refusal(reason: string, remedy: string): Refusal {
  return { kind: 'malformed', status: 400, reason, remedy };
}
