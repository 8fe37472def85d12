import fc from 'fast-check';
import { headerGrace } from '../../../src/hooks/run-grace.ts';
import { nextSpan } from '../../../src/hooks/trace.ts';
import { admit, type Refusal } from '../../../src/server/admission.ts';
import { brokenAnswer, refusalSentence } from '../../../src/server/broken-answer.ts';
import { malformed } from '../../../src/server/malformed.ts';
import { presentedToken } from '../../../src/server/token.ts';
import { randomFrom } from '../../helpers/random.ts';
import { MALFORMED } from '../shapes.ts';
import { must, spoilt, target } from './target.ts';

const SECRET = 'the-secret';
const PARTS = [
  'prestop',
  'poststart',
  'app',
  '/',
  '//',
  '?',
  'token=',
  '%',
  '%00',
  '..',
  '&',
  '=',
  '+',
  '\0',
  '\r\n',
  'é',
  ':',
];
const anyTarget = fc
  .array(fc.oneof(fc.constantFrom(...PARTS), fc.string({ maxLength: 9 })))
  .map((parts) => parts.join(''));
const view = {
  containers: new Map([['app', { postStart: {}, preStop: {} }]]),
  readiness: { ready: true },
  token: (presented: string | undefined) =>
    presented === SECRET ? ({ allowed: true } as const) : ({ allowed: false, reason: 'its token is wrong' } as const),
} as const;

/** The answer of a refusal is one line for Go's HTTP client, whatever is quoted in it. */
function mustBeOneLine({ reason, remedy }: Pick<Refusal, 'reason' | 'remedy'>): void {
  const answer = brokenAnswer(refusalSentence({ reason, remedy }));
  must(/^HTTP\/1\.1 200 OK\r\n[\x20-\x39\x3b-\x7e]+\r\n\r\n$/.test(answer), JSON.stringify(answer));
}

export const requests = target(
  'targets and headers',
  fc.record({
    method: fc.oneof(fc.constantFrom('GET', 'POST'), fc.string()),
    target: fc.oneof(anyTarget, fc.webUrl({ withQueryParameters: true })),
    authorization: fc.option(
      fc.oneof(
        fc.string(),
        fc.string().map((text) => `Bearer ${text}`),
      ),
      { nil: undefined },
    ),
    idempotencyKey: fc.option(fc.string({ maxLength: 300 }), { nil: undefined }),
  }),
  (request) => {
    const admission = admit(request, view);
    if (admission.admitted === false) mustBeOneLine(admission.refusal);
    else must(presentedToken(request.authorization, request.target.split('?')[1] ?? '') === SECRET, 'admitted');
  },
);

export const graces = target(
  'Hookkeeper-Grace and traceparent',
  fc.oneof(
    fc.string(),
    fc.stringMatching(/^[-0-9.hms ]{0,12}$/),
    fc.stringMatching(/^[0-9a-f]{2}-[0-9a-f]{30,34}-[0-9a-f]{16}-0.$/),
  ),
  (text) => {
    const { graceMs, ignored } = headerGrace('preStop', text);
    must((graceMs === undefined) !== (ignored === undefined), 'taken and passed over');
    must(graceMs === undefined || (Number.isInteger(graceMs) && graceMs >= 0), `${graceMs} ms`);
    must(/^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(nextSpan(text, Math.random)), 'no traceparent');
  },
);

export const parserErrors = target(
  'what Node finds malformed',
  fc.record({ reason: fc.string(), code: fc.constantFrom('HPE_X', 'HPE_HEADER_OVERFLOW', 'ERR_HTTP_REQUEST_TIMEOUT') }),
  ({ reason, code }) => mustBeOneLine(malformed(Object.assign(new Error(reason), { reason, code }))),
);

/** Bytes for a socket: each bad shape, and requests without the token that were spoilt. */
export const anyBytes: fc.Arbitrary<Buffer> = fc.oneof(
  fc
    .record({ shape: fc.constantFrom(...MALFORMED), seed: fc.nat() })
    .map(({ shape, seed }) => shape.bytes(randomFrom(seed))),
  spoilt(
    Buffer.from(
      'POST /prestop/app HTTP/1.1\r\nHost: pod\r\nUser-Agent: kube-lifecycle/1.36\r\nContent-Length: 3\r\n\r\nabc',
    ),
    [
      '\r\n',
      '\n',
      '\0',
      ':',
      ' ',
      'GET /prestop/app HTTP/1.1\r\n\r\n',
      'Transfer-Encoding: chunked\r\n',
      'Upgrade: x\r\n',
    ],
  ),
);
