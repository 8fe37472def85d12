/** What stands in a hook beside its address: secrets, the token, variables, headers. */
import { mayHoldSecret } from '../../config/problem.ts';
import { AUTHORIZATION_LINES, hookLines } from '../hook-lines.ts';
import { httpCallsToUs, nameOf } from '../pod-view.ts';
import { type Broken, lines, type Rule } from '../rule.ts';

const secret: Rule = {
  code: 'hook-secret',
  severity: 'warning',
  rule: 'No secret stands in the path of a hook.',
  reason:
    "A failed hook's path and query stand in the container's status: whoever may run `kubectl describe pod` reads them. Kubelets up to 1.24 send no " +
    'headers, so there `?token=` is the only way.',
  find: (view) =>
    httpCallsToUs(view)
      .filter(({ query }) => [...new URLSearchParams(query).keys()].some(mayHoldSecret))
      .map((call) => ({
        place: call.httpGet.at('path').keyPlace(),
        message: `${nameOf(call)} has a secret in its path, which is shown when the hook fails`,
        fix: lines(...AUTHORIZATION_LINES),
      })),
};

const token: Rule = {
  code: 'hook-token',
  severity: 'error',
  rule: 'With `access.tokenFile` in the config, each hook sends the token.',
  reason: 'A delivery without it is refused: a postStart kills its container, and a preStop runs nothing.',
  find: (view) => {
    if (view.hooks?.config.access.tokenFile === undefined) return [];
    return httpCallsToUs(view).flatMap((call): Broken[] => {
      const headers = call.httpGet.at('httpHeaders').items();
      const header = headers.find((item) => /^authorization$/i.test(item.at('name').text ?? ''));
      if (header === undefined && /(^|&)token=/.test(call.query)) return [];
      if (header !== undefined && /^bearer +\S/i.test(header.at('value').text ?? '')) return [];
      const message =
        header === undefined
          ? `${nameOf(call)} sends no token, and the config asks for one`
          : `${nameOf(call)} sends an Authorization that is not "Bearer TOKEN"`;
      // Without any header it is the whole hook: so it can be put where inject would have put one.
      const fix = lines(
        ...(header === undefined ? hookLines(call.hook, call.container.name, view) : AUTHORIZATION_LINES),
      );
      return [{ place: (header ?? call.httpGet).keyPlace(), message, fix }];
    });
  },
};

const variable: Rule = {
  code: 'hook-variable',
  severity: 'error',
  rule: 'No variable stands in the path or in a header of a hook.',
  reason: 'The kubelet sends both as they are written: `$(NAME)` is replaced in commands and environments only.',
  find: (view) =>
    httpCallsToUs(view).flatMap((call) => {
      const values = call.httpGet
        .at('httpHeaders')
        .items()
        .map((header) => header.at('value'));
      return [call.httpGet.at('path'), ...values]
        .filter(({ text }) => /\$[({]/.test(text ?? ''))
        .map((part) => ({
          place: part.keyPlace(),
          message: `${nameOf(call)} has a variable in its ${part.path.at(-1) === 'path' ? 'path' : 'header'}, which the kubelet does not replace`,
          fix: 'write the value itself',
        }));
    }),
};

/** What a header does that is the same for each call. */
const HARMFUL: ReadonlyMap<string, string> = new Map([
  [
    'user-agent',
    'in place of that by which the kubelet is known: to any other caller a failure is an answer, which the kubelet takes for success',
  ],
  [
    'idempotency-key',
    'which is the same for each life of the container: after the first one its hook is not run again',
  ],
]);

const header: Rule = {
  code: 'hook-header',
  severity: 'error',
  rule: 'No hook sends a `User-Agent` or an `Idempotency-Key`.',
  reason:
    'The kubelet sends its own `User-Agent`, unless the hook has one: by it Hookkeeper knows who takes only a broken connection for a failure. And a call ' +
    'with the key of an earlier one is taken for its repeat.',
  find: (view) =>
    httpCallsToUs(view).flatMap((call) =>
      call.httpGet
        .at('httpHeaders')
        .items()
        .flatMap((item): Broken[] => {
          const name = item.at('name').text ?? '';
          const harm = HARMFUL.get(name.toLowerCase());
          if (harm === undefined) return [];
          const message = `${nameOf(call)} sends ${name}, ${harm}`;
          return [{ place: item.at('name').keyPlace(), message, fix: `take ${name} out` }];
        }),
    ),
};

export const accessRules: readonly Rule[] = [secret, token, variable, header];
