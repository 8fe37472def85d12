import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AdmissionView, admit, type HookRequest } from '../../src/server/admission.ts';

const view = (names: string[]): AdmissionView => ({
  containers: new Map(names.map((name) => [name, { postStart: {}, preStop: {} }])),
  readiness: { ready: true },
  token: () => ({ allowed: true }),
});

const get = (target: string): HookRequest => ({
  method: 'GET',
  target,
  authorization: undefined,
  idempotencyKey: undefined,
});

describe('admission', () => {
  it('takes the token from the header or the query, and shows it to the check as it is', () => {
    const seen: (string | undefined)[] = [];
    const watching: AdmissionView = {
      ...view(['app']),
      token: (presented) => {
        seen.push(presented);
        return { allowed: true };
      },
    };
    admit({ ...get('/prestop/app'), authorization: 'Bearer one' }, watching);
    admit(get('/prestop/app?x=?&token=two'), watching);
    admit(get('/prestop/app'), watching);
    expect(seen).toEqual(['one', 'two', undefined]);
  });

  it('lists at most twenty containers, and says how many more there are', () => {
    const names = Array.from({ length: 25 }, (_, index) => `c${index}`);
    expect(admit(get('/prestop'), view(names))).toMatchObject({
      refusal: { remedy: `add one to it, configured are ${names.slice(0, 20).join(', ')} and 5 more` },
    });
    expect(admit(get('/prestop'), view([]))).toMatchObject({
      refusal: { remedy: 'add one to it, configured are none' },
    });
  });

  it('cuts a long path in its reason', () => {
    expect(admit(get(`/${'x'.repeat(9000)}`), view(['app']))).toMatchObject({
      refusal: { reason: `the path /${'x'.repeat(99)} is unknown` },
    });
  });

  it.each(['constructor', '__proto__', 'toString'])(
    'knows no container that is only a property of objects: %s',
    (name) => {
      expect(admit(get(`/prestop/${name}`), view(['app']))).toMatchObject({ refusal: { kind: 'unknownContainer' } });
      expect(admit(get(`/${name}`), view(['app']))).toMatchObject({ refusal: { kind: 'unknownPath' } });
    },
  );

  it('admits a target only where it is literally that of a configured container', () => {
    const piece = fc.constantFrom(
      '/',
      '//',
      'prestop',
      'poststart',
      'app',
      '%61pp',
      '..',
      '?',
      'x=1',
      '#',
      'PRESTOP',
      ' ',
      ';',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const target = pieces.join('');
        const admission = admit(get(target), view(['app', 'proxy']));
        expect(admission.admitted).toBe(/^\/\/?(prestop|poststart)\/app(\?.*)?$/.test(target));
      }),
      { numRuns: 2000, examples: [[['//', 'prestop', '/', 'app', '?', 'x=1']]] },
    );
  });
});
