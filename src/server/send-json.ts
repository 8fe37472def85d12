import type { ServerResponse } from 'node:http';

/**
 * Answers with JSON, whole and with its length. Express's own `json()` is not used, as it answers 304 without a body to a
 * request with `If-None-Match: *`.
 */
export function sendJson(
  response: ServerResponse,
  status: number,
  json: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, {
    ...headers,
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(json),
  });
  response.end(json);
}
