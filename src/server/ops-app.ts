import type { RequestListener } from 'node:http';
import express, { type ErrorRequestHandler, type RequestHandler } from 'express';
import type { ServiceLife } from '../hooks/service-life.ts';
import type { Durability, RunRecord, TaskRecord } from '../journal/entry.ts';
import type { HttpLog } from '../observe/http-log.ts';
import { isFromHere } from './from-here.ts';
import type { LifeReport } from './life-report.ts';
import { sendJson } from './send-json.ts';
import { shownJson } from './shown-json.ts';

/** What `/readyz` looks at. */
export interface Checks {
  readonly config: 'loaded' | 'missing';
  readonly journal: Durability;
  readonly hookPort: 'listening' | 'closed';
  readonly service: ServiceLife['state'];
}

/** What `/status` shows. Nothing here may hold a secret. */
export interface StatusReport {
  readonly version: string;
  /** What the service is doing now, in a word. */
  readonly state: ServiceLife['state'];
  /** The same with what belongs to it: which signal, which preStops are waited for. */
  readonly life: LifeReport;
  readonly config: {
    readonly file: string;
    readonly digest: string;
    readonly loadedAtMs: number;
    /** Why the file as it is now is not in force; null when it is. */
    readonly lastReloadError: string | null;
  };
  readonly deadline: { readonly source: string; readonly graceMs: number; readonly reserveMs: number };
  readonly journal: Durability;
  readonly activeRuns: number;
  /** The last runs, newest last. */
  readonly runs: readonly RunRecord[];
}

export interface OpsAppInput {
  readonly checks: () => Checks;
  readonly status: () => StatusReport;
  readonly metrics: { readonly text: () => Promise<string>; readonly contentType: string };
  /** The status page and what it is fed with, by path. */
  readonly statusPages: Readonly<Record<string, RequestHandler>>;
  readonly onBug: (error: unknown) => void;
  readonly httpLog: HttpLog;
}

/**
 * The ops port: `/livez`, `/readyz`, `/metrics`, `/status` and the status page, read-only. A degraded journal is told, and leaves the service
 * ready: a sidecar that is not ready takes its whole pod out of its Service, and hooks are served all the same (P7).
 */
export function createOpsApp({ checks, status, metrics, statusPages, onBug, httpLog }: OpsAppInput): RequestListener {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.enable('case sensitive routing');
  app.enable('strict routing');
  app.use(httpLog.middleware);
  app.use((_request, response, next) => {
    response.setHeader('Cache-Control', 'no-store');
    response.setHeader('X-Content-Type-Options', 'nosniff');
    next();
  });

  const pages: Readonly<Record<string, RequestHandler>> = {
    '/livez': (_request, response) => sendJson(response, 200, JSON.stringify({ live: true })),
    '/readyz': (_request, response) => {
      const now = checks();
      const ready = now.config === 'loaded' && now.hookPort === 'listening' && now.service !== 'stopping';
      sendJson(response, ready ? 200 : 503, JSON.stringify({ ready, checks: now }));
    },
    '/metrics': async (_request, response) => {
      const text = await metrics.text();
      response.writeHead(200, { 'Content-Type': metrics.contentType, 'Content-Length': Buffer.byteLength(text) });
      response.end(text);
    },
    '/status': (request, response) => {
      const report = status();
      const shown = isFromHere(request) ? report : withoutOutput(report);
      sendJson(response, 200, shownJson(shown, 2));
    },
    ...statusPages,
  };
  for (const [path, page] of Object.entries(pages)) app.get(path, page);
  // One handler for what is no GET: `app.all` makes one for each of the 35 methods of each page, a tenth of a megabyte in all.
  app.use(({ path }, response, next) => {
    if (!Object.hasOwn(pages, path)) return next();
    const refusal = { error: 'this page is read-only', remedy: 'use GET' };
    sendJson(response, 405, JSON.stringify(refusal), { Allow: 'GET, HEAD' });
  });
  app.use((_request, response) => {
    const remedy = `there are ${Object.keys(pages).join(', ')}`;
    sendJson(response, 404, JSON.stringify({ error: 'there is no such page', remedy }));
  });
  const onError: ErrorRequestHandler = (error, _request, response, _next) => {
    onBug(error);
    if (response.headersSent) response.destroy();
    else sendJson(response, 500, JSON.stringify({ error: 'hookkeeper has a bug', remedy: "see hookkeeper's log" }));
  };
  app.use(onError);
  return app;
}

/** The report without what came out of tasks: an allow-list, as only what is known to be harmless is for everybody. */
function withoutOutput(report: StatusReport) {
  const runs = report.runs.map((run) => ({
    ...run,
    tasks: run.tasks.map(harmless),
    undo: run.undo && { why: run.undo.why, tasks: run.undo.tasks.map(harmless) },
  }));
  return { ...report, runs };
}

function harmless(task: TaskRecord) {
  if (task.state !== 'ended') return task;
  const { state, name, outcome, attempts, startedAtMs, durationMs, reason } = task;
  return { state, name, outcome, attempts, startedAtMs, durationMs, reason };
}
