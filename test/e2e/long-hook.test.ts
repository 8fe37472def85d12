import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { json } from '../helpers/request.ts';
import { hooks, kubeletOf, preStop, stage } from './stage.ts';

describe('the hook port', () => {
  it('cuts no hook that lasts longer than any limit on how a request arrives, and cuts what never becomes one', async () => {
    const { task, gate, open, configure, start, executed } = await stage();
    await configure(hooks({ preStop: [task('long', gate('go'))] }));
    const service = await start();
    const kubelet = kubeletOf(service).preStop();
    const other = preStop(service);
    await executed('long');
    // Comes later than the hook, and is cut when its time is over, as is one that sends nothing at all.
    const slow = connect(service.port, '127.0.0.1');
    const silent = connect(service.port, '127.0.0.1');
    let answer = '';
    slow.setEncoding('latin1').on('data', (text: string) => {
      answer += text;
    });
    silent.resume();
    slow.write('GET /prestop/app HTTP/1.1\r\nHost: x\r\n');
    await Promise.all([once(slow, 'close'), once(silent, 'close')]);
    expect(answer).toContain('hookkeeper refused the delivery as no request arrived within 10 s');

    await open('go');
    expect(await kubelet).toMatchObject({ kind: 'success', status: 200, requests: 1 });
    const reply = await other;
    expect(json(reply)).toMatchObject({ delivery: 'joined', outcome: 'succeeded' });
    expect(reply).toMatchObject({ headers: { connection: 'close' } });
  });
});
