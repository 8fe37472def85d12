import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { spawnService } from '../helpers/program.ts';
import { json } from '../helpers/request.ts';
import { hooks, postStart, preStop, stage } from './stage.ts';

/** A stage with a file for the message, as the kubelet makes it. */
async function withMessage() {
  const theStage = await stage();
  const path = join(theStage.dir, 'termination-log');
  await writeFile(path, '');
  return {
    ...theStage,
    message: () => readFileSync(path, 'utf8'),
    start: () => theStage.start({ env: { HOOKKEEPER_TERMINATION_LOG: path } }),
    path,
  };
}

describe('what kubectl describe tells of a sidecar that is gone', () => {
  it('is what its hooks came to, and how it ended', async () => {
    const { configure, start, task, message } = await withMessage();
    const tasks = [task('notice'), task('save', 'exit 3'), task('flush')];
    await configure(hooks({ postStart: [task('register')], preStop: tasks }));
    const service = await start();
    expect(json(await postStart(service))).toMatchObject({ outcome: 'succeeded' });
    expect(json(await preStop(service))).toMatchObject({ outcome: 'failed' });
    service.kill('SIGTERM');
    expect(await service.exited).toMatchObject({ code: 0 });
    expect(message().split('\n')).toEqual([
      expect.stringMatching(/^hookkeeper \S+ ended with 0$/),
      expect.stringMatching(/^preStop app failed after .* of 35 s \(config\), run .*: task save exited with 3/),
      expect.stringMatching(/^ {2}save: failed after .*: exited with 3$/),
      '  flush: was skipped as task save did not succeed',
      '  succeeded: notice',
      expect.stringMatching(/^postStart app succeeded/),
      '  succeeded: register',
      '',
    ]);
  });

  it('is what it was doing when it was killed', async () => {
    const { configure, start, task, gate, executed, message } = await withMessage();
    await configure(hooks({ preStop: [task('notice'), task('save', gate('never')), task('flush')] }));
    const service = await start();
    void preStop(service).catch(() => {});
    await executed('save');
    service.kill('SIGKILL');
    await service.exited;
    expect(message()).toMatch(
      /^hookkeeper \S+ was serving when this was written\npreStop app is being run within 35 s/,
    );
  });

  it('is what a second signal broke off: nothing of it runs any more', async () => {
    const { configure, start, task, gate, executed, message } = await withMessage();
    await configure(hooks({ preStop: [task('notice'), task('save', gate('never')), task('flush')] }));
    const service = await start();
    void preStop(service).catch(() => {});
    await executed('save');
    service.kill('SIGTERM');
    service.kill('SIGINT');
    expect(await service.exited).toMatchObject({ code: 1 });
    expect(message()).toMatch(
      /^hookkeeper \S+ ended with 1\npreStop app was interrupted within 35 s .*\n {2}save: interrupted, attempt 1\n/,
    );
  });

  it('is why it could not start', async () => {
    const { configure, path, message, configFile, journalDir } = await withMessage();
    await configure('version: 1\ncontainers: { app: { preStop: [{ name: a, slep: 5s }] } }\n');
    const child = spawnService({ configFile, journalDir, args: [`--termination-log=${path}`] });
    expect(await child.exited).toMatchObject({ code: 2 });
    expect(message()).toMatch(/^hookkeeper \S+ could not start with .*hooks\.yaml\n.*slep/);
  });

  it('is why it could not listen', async () => {
    const { configure, start, path, message, configFile, journalDir } = await withMessage();
    await configure(hooks({ preStop: [] }));
    const { port } = await start();
    await writeFile(path, '');
    const args = [`--termination-log=${path}`, `--ops-port=${port}`];
    expect(await spawnService({ configFile, journalDir, args }).exited).toMatchObject({ code: 1 });
    const why = `the ops port: cannot listen on port ${port} of host 127.0.0.1: another process has it`;
    expect(message()).toMatch(new RegExp(`^hookkeeper \\S+ could not listen\n${why}\n$`));
  });

  it.each([
    ['outside of Kubernetes, where that is no news', '', 0],
    ['in Kubernetes, which is said once', '127.0.0.1', 1],
  ])('is nothing where there is no such file, %s, and the hooks are served as ever', async (_what, host, lines) => {
    const { configure, start, task, dir } = await stage();
    await configure(hooks({ preStop: [task('notice'), task('save')] }));
    const path = join(dir, 'no', 'termination-log');
    const service = await start({ env: { HOOKKEEPER_TERMINATION_LOG: path, KUBERNETES_SERVICE_HOST: host } });
    expect(json(await preStop(service))).toMatchObject({ outcome: 'succeeded' });
    service.kill('SIGTERM');
    expect(await service.exited).toMatchObject({ code: 0 });
    const said = service.log().filter(({ msg }) => String(msg).startsWith('no termination message is left: ENOENT'));
    expect(said.map(({ level }) => level)).toEqual(Array.from({ length: lines }, () => 'warn'));
  });
});
