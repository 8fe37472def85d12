import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { silentDns } from '../helpers/silent-dns.ts';
import { within } from '../helpers/within.ts';
import { listen, look, read } from '../tasks/look.ts';

describe('a host that a task connects to', () => {
  it.each(['127.0.0.1', '::1'])('is reached as localhost at %s while the DNS is silent', async (host) => {
    const tcp = `localhost:${await listen(createServer(), { host, port: 0 })}`;
    const { asked } = silentDns();
    expect(await look({ tcp })).toEqual(read(true, `tcp ${tcp} is open`));
    expect(asked).toEqual([]);
  });

  it('is asked for once at a time, as a question cannot be taken back, and all who asked get the answer', async () => {
    const tcp = `app.test:${await listen(createServer())}`;
    const { asked, answer } = silentDns();
    expect(await look({ tcp }, { signal: AbortSignal.timeout(1) })).toMatchObject({ kind: 'unreadable' });
    const looks = Promise.all([look({ tcp }), look({ tcp }), look({ tcp: 'other.test:1' })]);
    expect(asked).toEqual(['app.test', 'other.test']);
    answer('127.0.0.1');
    const open = read(true, `tcp ${tcp} is open`);
    expect(await within('the answers', looks)).toEqual([open, open, read(false, 'tcp other.test:1 is closed')]);
    const later = look({ tcp });
    expect(asked).toEqual(['app.test', 'other.test', 'app.test']);
    answer('127.0.0.1');
    expect(await later).toEqual(open);
  });
});
