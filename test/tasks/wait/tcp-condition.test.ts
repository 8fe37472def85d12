import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { standStillConnecting } from '../../helpers/stands-still.ts';
import { within } from '../../helpers/within.ts';
import { closedPort, conditionOf, listen, look, read, unreadable } from '../look.ts';

describe('a tcp condition', () => {
  it('sees a port that is open', async () => {
    const tcp = `127.0.0.1:${await listen(createServer())}`;
    expect(await look({ tcp })).toEqual(read(true, `tcp ${tcp} is open`));
    expect(await look({ tcp: { address: tcp, is: 'open' } })).toEqual(read(true, `tcp ${tcp} is open`));
    expect(await look({ tcp: { address: tcp, is: 'closed' } })).toEqual(read(false, `tcp ${tcp} is open`));
  });

  it('sees a port that is closed, which is no failure to look', async () => {
    const tcp = `127.0.0.1:${await closedPort()}`;
    expect(await look({ tcp })).toEqual(read(false, `tcp ${tcp} is closed`));
    expect(await look({ tcp: { address: tcp, is: 'closed' } })).toEqual(read(true, `tcp ${tcp} is closed`));
  });

  it.each([
    ['an IPv6 address', '::1', '[::1]'],
    ['a name', '127.0.0.1', 'localhost'],
  ])('takes %s', async (_what, host, written) => {
    const tcp = `${written}:${await listen(createServer(), { host, port: 0 })}`;
    expect(await look({ tcp })).toEqual(read(true, `tcp ${tcp} is open`));
  });

  it('sees an open port though this process stood still while it connected', async () => {
    const tcp = `app.test:${await listen(createServer())}`;
    standStillConnecting(300);
    expect(await look({ tcp })).toEqual(read(true, `tcp ${tcp} is open`));
  });

  it('leaves no connection open', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const server = createServer((socket) => {
      socket.resume();
      socket.once('close', () => resolve());
    });
    await look({ tcp: `127.0.0.1:${await listen(server)}` });
    await within('the end of the connection', promise);
  });

  it('does not take what it cannot reach for closed', async () => {
    const is = { address: 'no-such-host.invalid:80', is: 'closed' };
    expect(await look({ tcp: is })).toMatchObject({ kind: 'unreadable', refused: false });
  });

  it('ends when it is told to', async () => {
    const tcp = `127.0.0.1:${await listen(createServer())}`;
    expect(await look({ tcp }, { signal: AbortSignal.abort() })).toEqual(unreadable('was told to stop'));
  });

  it('says what it waits for', () => {
    expect(conditionOf({ tcp: '127.0.0.1:80' }).summary).toBe('tcp 127.0.0.1:80 is open');
    expect(conditionOf({ tcp: { address: '[::1]:80', is: 'closed' } }).summary).toBe('tcp [::1]:80 is closed');
  });
});
