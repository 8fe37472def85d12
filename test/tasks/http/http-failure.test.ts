import { describe, expect, it } from 'vitest';
import { httpFailure } from '../../../src/tasks/http/http-failure.ts';

describe('httpFailure', () => {
  it.each([
    ['ECONNREFUSED', 'connection refused by app:8080', true, true],
    ['ENOENT', 'no socket at app:8080', true, true],
    ['ECONNRESET', 'connection reset by app:8080', true, false],
    ['EPIPE', 'connection reset by app:8080', true, false],
    ['ETIMEDOUT', 'connection to app:8080 timed out', true, false],
    ['EHOSTUNREACH', 'no route to app:8080', true, false],
    ['ENOTFOUND', 'host name of app:8080 was not found', true, false],
    ['EAI_AGAIN', 'host name of app:8080 could not be looked up now', true, false],
    ['EMFILE', 'request to app:8080 failed (EMFILE)', true, false],
    ['HPE_INVALID_CONSTANT', 'answer of app:8080 is not HTTP (HPE_INVALID_CONSTANT)', true, false],
    [
      'DEPTH_ZERO_SELF_SIGNED_CERT',
      'certificate of app:8080 is not trusted (DEPTH_ZERO_SELF_SIGNED_CERT)',
      false,
      false,
    ],
    ['CERT_HAS_EXPIRED', 'certificate of app:8080 is not trusted (CERT_HAS_EXPIRED)', false, false],
    [
      'ERR_TLS_CERT_ALTNAME_INVALID',
      'certificate of app:8080 is not trusted (ERR_TLS_CERT_ALTNAME_INVALID)',
      false,
      false,
    ],
  ])('%s', (code, reason, retryable, refused) => {
    expect(httpFailure(Object.assign(new Error('hush'), { code }), 'app:8080')).toEqual({ reason, retryable, refused });
  });

  it.each([[new Error('hush')], ['hush'], [undefined]])('never passes on a message: %s', (error) => {
    expect(httpFailure(error, 'app:8080')).toEqual({
      reason: 'request to app:8080 failed (unknown error)',
      retryable: true,
      refused: false,
    });
  });
});
