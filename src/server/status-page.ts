/** The status page and what it is fed with: read-only, and for callers on loopback alone. */
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { RequestHandler } from 'express';
import type { Clock } from '../hooks/clock.ts';
import { createEventStreams, type EventStreams } from './event-stream.ts';
import { isFromHere } from './from-here.ts';
import { sendJson } from './send-json.ts';
import { shownJson } from './shown-json.ts';
import { createStatusNow, type StatusSource } from './status-now.ts';

/** The pages by path, and what has to end with the service. */
export interface StatusPages {
  readonly pages: Readonly<Record<string, RequestHandler>>;
  /** Ends every stream of events. Takes no time. */
  close(): void;
}

/** The pages of a service. This is the whole of `status-page.cjs`, which is loaded when one of them is asked for. */
export function openStatusPages(source: StatusSource, clock: Clock): StatusPages {
  const view = createStatusNow(source);
  const streams = createEventStreams({ view, encode: shownJson, clock });
  return { pages: statusPages(() => shownJson(view()), streams), close: streams.close };
}

/** The built page: its HTML, and the Content-Security-Policy that lets its own script and style in and nothing else. */
interface Page {
  readonly html: string;
  readonly policy: string;
}

const PAGE_FILE = 'status-page.json';

/** The handlers by path. `status` is the JSON of the status as it is now, without secrets. */
export function statusPages(status: () => string, streams: EventStreams): StatusPages['pages'] {
  return {
    '/': forHere(async (_request, response) => {
      const page = decodePage(JSON.parse(await readFile(join(import.meta.dirname, PAGE_FILE), 'utf8')));
      response.setHeader('Content-Security-Policy', page.policy);
      response.setHeader('Referrer-Policy', 'no-referrer');
      response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
      sendText(response, 200, page.html, 'text/html');
    }),
    '/timeline': forHere((_request, response) => sendJson(response, 200, status())),
    '/events': forHere((request, response) => {
      if (request.method === 'HEAD') response.writeHead(200, { 'Content-Type': 'text/event-stream' }).end();
      else if (!streams.open(response)) sendText(response, 503, 'too many look at once, or hookkeeper ends\n');
    }),
  };
}

function forHere(handler: (request: IncomingMessage, response: ServerResponse) => unknown): RequestHandler {
  return (request, response) => {
    response.setHeader('Cross-Origin-Resource-Policy', 'same-origin');
    if (isFromHere(request)) return handler(request, response);
    const port = request.socket.localPort;
    const remedy = `use kubectl port-forward POD ${port}, then open http://localhost:${port}/`;
    sendText(response, 403, `this page is for callers on loopback alone: ${remedy}\n`);
    return undefined;
  };
}

function decodePage(value: unknown): Page {
  if (typeof value === 'object' && value !== null && 'html' in value && 'policy' in value) {
    const { html, policy } = value;
    if (typeof html === 'string' && typeof policy === 'string') return { html, policy };
  }
  throw new Error(`${PAGE_FILE} is not what the build made`);
}

function sendText(response: ServerResponse, status: number, text: string, type = 'text/plain'): void {
  response.writeHead(status, { 'Content-Type': `${type}; charset=utf-8`, 'Content-Length': Buffer.byteLength(text) });
  response.end(text);
}
