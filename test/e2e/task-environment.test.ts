import { describe, expect, it } from 'vitest';
import { json } from '../helpers/request.ts';
import { hooks, ops, postStart, preStop, stage } from './stage.ts';

const TRACEPARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

describe('what a command is given', () => {
  it('is what the config lists and HOOKKEEPER_ variables, and nothing else of the environment of the service', async () => {
    const { configure, start, journal } = await stage();
    const exec = { command: ['/usr/bin/env'], env: { LISTED: 'listed' }, inheritEnv: ['INHERITED'] };
    await configure(hooks({ preStop: [{ name: 'print', exec }] }));
    const service = await start({ env: { DATABASE_PASSWORD: 'hunter2-hunter2', INHERITED: 'inherited' } });
    const before = Date.now();
    const answer = json(await preStop(service, { headers: { traceparent: TRACEPARENT } }));

    const [run] = (await journal()).runs;
    const [task] = run?.tasks ?? [];
    const output = task?.state === 'ended' ? task.output : '';
    const given = Object.fromEntries(output.split('\n').map((line) => line.split(/=(.*)/s)));
    expect(given).toEqual({
      PATH: process.env['PATH'],
      LISTED: 'listed',
      INHERITED: 'inherited',
      TRACEPARENT: expect.stringMatching(/^00-4bf92f3577b34da6a3ce929d0e0e4736-(?!00f067aa0ba902b7)[0-9a-f]{16}-01$/),
      HOOKKEEPER_HOOK: 'preStop',
      HOOKKEEPER_REASON: 'unknown',
      HOOKKEEPER_CONTAINER: 'app',
      HOOKKEEPER_RUN: run?.id,
      HOOKKEEPER_TASK: 'print',
      HOOKKEEPER_ATTEMPT: '1',
      HOOKKEEPER_DEADLINE_EPOCH_MS: expect.stringMatching(/^\d{13}$/),
      HOOKKEEPER_REMAINING_MS: expect.stringMatching(/^\d{1,5}$/),
    });
    expect(Number(given['HOOKKEEPER_REMAINING_MS'])).toBeLessThanOrEqual(35_000);
    expect(Number(given['HOOKKEEPER_DEADLINE_EPOCH_MS'])).toBeGreaterThan(before);
    expect(answer).toMatchObject({ run: run?.id });
  });
});

describe('what a task prints', () => {
  it('is in the log line by line, in the journal, and in /status for callers on the loopback', async () => {
    const { task, configure, start } = await stage();
    await configure(hooks({ postStart: [task('talk', 'echo one; echo two >&2; printf three')] }));
    const service = await start();
    expect(json(await postStart(service))).toMatchObject({ outcome: 'succeeded' });
    const lines = service.log().flatMap(({ event, msg }) => (event === 'taskOutput' ? [msg] : []));
    for (const line of ['one', 'two', 'three']) {
      expect(lines).toContain(`[postStart app talk] printed: ${line}`);
    }
    const status = json(await ops(service, '/status'));
    expect(status).toMatchObject({ runs: [{ tasks: [{ output: expect.stringMatching(/^one\n/) }] }] });
  });
});
