import * as z from 'zod/mini';
import type { TaskKind } from '../config/task-kind.ts';
import type { TaskAction } from '../hooks/task.ts';
import { attemptHttp } from './http/http-attempt.ts';
import { checkHttp } from './http/http-check.ts';
import { lookalikesOf, variablesOf } from './http/http-fill.ts';
import { shownTarget } from './http/http-request-settings.ts';
import { type HttpSettings, httpSettings } from './http/http-settings.ts';
import { summaryLine } from './summary-line.ts';

/** `http`: sends one request, and takes the status of the answer for the result. */
export const httpTask: TaskKind<TaskAction> = {
  name: 'http',
  schema: () => z.pipe(httpSettings(), z.transform(httpAction)),
};

function httpAction(http: HttpSettings): TaskAction {
  return {
    summary: summaryLine(`http ${http.method} ${shownTarget(http)}`),
    ownMs: undefined,
    stopMs: 0,
    captures: Object.keys(http.capture),
    uses: variablesOf(http),
    lookalikes: () => lookalikesOf(http),
    check: () => checkHttp(http),
    run: (attempt) => attemptHttp(http, attempt),
  };
}
