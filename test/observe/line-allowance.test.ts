import { once } from 'node:events';
import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import { createHttpLog } from '../../src/observe/http-log.ts';
import { createLineAllowance } from '../../src/observe/line-allowance.ts';
import { jsonLogger } from '../../src/observe/logger.ts';
import { request } from '../helpers/request.ts';

/** The log of a hook port on a clock that stands still until it is moved. */
function stage() {
  const lines: Record<string, unknown>[] = [];
  const time = { nowMs: 0 };
  const logger = jsonLogger('info', { write: (line) => lines.push(JSON.parse(line)) });
  return { lines, time, log: createHttpLog(logger, 'info', () => time.nowMs) };
}

describe('the lines of refused calls', () => {
  it('are a hundred at once, then ten a second; how many had none is said before the next', () => {
    const { lines, time, log } = stage();
    for (let call = 0; call < 150; call += 1) log.noRequest('rubbish', '10.0.0.1');
    expect(lines).toHaveLength(100);
    time.nowMs = 1000;
    for (let call = 0; call < 15; call += 1) log.noRequest('rubbish', '10.0.0.1');
    expect(lines).toHaveLength(100 + 1 + 10);
    expect(lines[100]).toMatchObject({
      level: 'warn',
      untold: 50,
      msg: '50 more calls were refused, too many for a line each',
    });
    time.nowMs = 3_600_000;
    log.noRequest('rubbish', '10.0.0.1');
    expect(lines.slice(-2).map(({ msg }) => msg)).toEqual([
      '5 more calls were refused, too many for a line each',
      'call from 10.0.0.1 refused: rubbish',
    ]);
  });

  it('are bounded also where the call was a request, and those of deliveries are not', async () => {
    const { lines, log } = stage();
    const server = createServer((call, response) => {
      log.middleware(call, response);
      if (call.url === '/prestp') log.note(response, { kind: 'refused', reason: 'the path is unknown' }, 'http');
      else log.note(response, { kind: 'ended', outcome: 'succeeded', ids: {} }, 'http');
      response.end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    for (let call = 0; call < 120; call += 1) await request({ port, path: '/prestp' });
    for (let call = 0; call < 3; call += 1) await request({ port, path: '/prestop' });
    server.close();
    await once(server, 'close');
    expect(lines.filter(({ path }) => path === '/prestp')).toHaveLength(100);
    expect(lines.filter(({ path }) => path === '/prestop')).toHaveLength(3);
  });
});

describe('an allowance', () => {
  it('is never more than a hundred, however long nothing was taken', () => {
    let nowMs = 0;
    const { take } = createLineAllowance(() => nowMs);
    nowMs = 1e9;
    const taken = Array.from({ length: 200 }, take).filter((untold) => untold !== undefined);
    expect(taken).toHaveLength(100);
  });
});
