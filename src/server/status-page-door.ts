import type { RequestHandler } from 'express';
import type { Clock } from '../hooks/clock.ts';
import type { StatusSource } from './status-now.ts';
import type { StatusPages } from './status-page.ts';

const PATHS = ['/', '/timeline', '/events'];

/** The status page and what it is fed with, loaded when somebody asks for them: no pod pays for them before. */
export function statusPageDoor(source: StatusSource, clock: Clock): StatusPages {
  let opened: StatusPages | undefined;
  let closed = false;
  const enter =
    (path: string): RequestHandler =>
    async (request, response, next) => {
      const { openStatusPages } = await import('./status-page.ts');
      opened ??= openStatusPages(source, clock);
      if (closed) opened.close();
      return opened.pages[path]?.(request, response, next);
    };
  return {
    pages: Object.fromEntries(PATHS.map((path) => [path, enter(path)])),
    close() {
      closed = true;
      opened?.close();
    },
  };
}
