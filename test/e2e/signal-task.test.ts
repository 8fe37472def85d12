import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { json } from '../helpers/request.ts';
import { within } from '../helpers/within.ts';
import { hooks, preStop, stage, until } from './stage.ts';

let apps = 0;

/** An app beside the sidecar, as another container's: it takes a while to quit, until `gate` is there, and dies of SIGTERM at once. */
async function app(dir: string) {
  const name = `hookkeeper-app-${process.pid}-${++apps}`;
  const script = `trap 'touch ${dir}/quitting; until [ -e ${dir}/gates/quit ]; do sleep 0.02; done; exit 3' QUIT; touch ${dir}/up
    while :; do sleep 0.02; done`;
  const child = spawn('bash', ['-c', script], { argv0: name, stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  await until('the app', () => existsSync(join(dir, 'up')));
  const end = once(child, 'exit');
  return { name, pid: child.pid, end: () => within('the end of the app', end) };
}

describe('a signal in a preStop', () => {
  it('holds the hook until the app has quit, so that the SIGTERM that follows breaks nothing off', async () => {
    const { dir, open, configure, start } = await stage();
    const { name, pid, end } = await app(dir);
    await configure(
      hooks({ preStop: [{ name: 'quit', signal: { send: 'QUIT', to: { commandLine: `^${name} ` }, every: '10ms' } }] }),
    );
    const service = await start();
    const reply = preStop(service);
    const sent = await service.line('the signal', ({ msg }) => String(msg).includes('sent SIGQUIT'));
    expect(sent['msg']).toContain(`(PID ${pid})`);
    await until('the app quitting', () => existsSync(join(dir, 'quitting')));
    expect(service.log().some(({ event }) => event === 'taskEnded')).toBe(false);
    await open('quit');
    expect(json(await reply)).toMatchObject({ outcome: 'succeeded', tasks: [{ name: 'quit', outcome: 'succeeded' }] });
    expect(await end()).toEqual([3, null]);
  });

  it('ends in time, and says who is left, where the app does not', async () => {
    const { dir, configure, start } = await stage();
    const { name, pid } = await app(dir);
    const quit = { send: 'QUIT', to: { commandLine: `^${name} ` } };
    await configure(hooks({ preStop: [{ name: 'quit', signal: quit, timeout: '200ms', onTimeout: 'continue' }] }));
    const [task] = tasksOf(json(await preStop(await start())));
    expect(task).toMatchObject({ outcome: 'timedOut' });
    expect(task?.reason).toMatch(
      new RegExp(`^ran out of its timeout of 200 ms \\(was still waiting: .+ \\(PID ${pid}\\)`),
    );
  });
});

function tasksOf(answer: unknown): readonly { readonly reason: unknown }[] {
  if (typeof answer !== 'object' || answer === null || !('tasks' in answer) || !Array.isArray(answer.tasks)) return [];
  return answer.tasks;
}
