import { mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Service } from '../helpers/program.ts';
import { json } from '../helpers/request.ts';
import { hooks, metric, ops, postStart, preStop, stage, yaml } from './stage.ts';

/** A folder as the kubelet mounts a ConfigMap: the file is a link into `..data`, which is a link that is swapped. */
async function configMap(dir: string) {
  const folder = join(dir, 'config-map');
  await mkdir(folder);
  let versions = 0;
  const swap = async (config: unknown) => {
    versions += 1;
    const version = `..version_${versions}`;
    await mkdir(join(folder, version));
    await writeFile(join(folder, version, 'hooks.yaml'), yaml(config));
    await symlink(version, join(folder, '..data_tmp'));
    await rename(join(folder, '..data_tmp'), join(folder, '..data'));
  };
  await symlink(join('..data', 'hooks.yaml'), join(folder, 'hooks.yaml'));
  return { file: join(folder, 'hooks.yaml'), swap };
}

const reloaded = ({ msg }: { readonly msg?: unknown }) => String(msg).startsWith('the changed config is in force');
const kept = ({ msg }: { readonly msg?: unknown }) => String(msg).startsWith('the changed config is not used');

const successful = (service: Service) => metric(service, 'hookkeeper_config_last_reload_successful');

const statusOf = async (service: Service) => json(await ops(service, '/status'));

describe('a ConfigMap that changes', () => {
  it('is in force for the next run, and a run keeps the config it started with', async () => {
    const { dir, task, gate, open, start, executions, executed } = await stage();
    const { file, swap } = await configMap(dir);
    await swap(hooks({ postStart: [task('old-begin', gate('go')), task('old-end')], preStop: [task('old-stop')] }));
    const service = await start({ configFile: file });
    const running = postStart(service);
    await executed('old-begin');
    await swap(hooks({ postStart: [task('new-begin')], preStop: [task('new-stop')] }));
    await service.line('the reload', reloaded);
    await open('go');
    expect(json(await running)).toMatchObject({ tasks: [{ name: 'old-begin' }, { name: 'old-end' }] });
    expect(json(await preStop(service))).toMatchObject({ outcome: 'succeeded', tasks: [{ name: 'new-stop' }] });
    expect(executions()).toEqual(['old-begin', 'old-end', 'new-stop']);
  });

  it('to a bad version keeps the last good one, loudly, until a good one comes', async () => {
    const { dir, task, start, executions } = await stage();
    const { file, swap } = await configMap(dir);
    await swap(hooks({ preStop: [task('first')] }));
    const service = await start({ configFile: file });
    expect(await successful(service)).toBe(1);
    const good = await statusOf(service);
    expect(good).toMatchObject({ config: { lastReloadError: null } });

    await swap(
      hooks({
        preStop: [
          { name: 'typo', exce: {} },
          { name: 'no-unit', sleep: 5 },
        ],
      }),
    );
    const complaint = await service.line('the refused version', kept);
    expect(complaint).toMatchObject({ level: 'error' });
    const problems = [/hooks\.yaml:\d+:\d+ error .*exce/, /hooks\.yaml:\d+:\d+ error .*must be a duration with a unit/];
    for (const problem of problems) expect(complaint['msg']).toMatch(problem);
    expect(await successful(service)).toBe(0);
    expect(await statusOf(service)).toMatchObject({
      config: { lastReloadError: expect.stringMatching(/must be a duration with a unit/) },
    });
    expect(await ops(service, '/readyz')).toMatchObject({ status: 200 });
    expect(json(await preStop(service))).toMatchObject({ outcome: 'succeeded', tasks: [{ name: 'first' }] });

    await swap(hooks({ preStop: [task('second')], postStart: [task('begin')] }));
    await service.line('the good version', reloaded);
    expect(await successful(service)).toBe(1);
    expect(await statusOf(service)).toMatchObject({ config: { lastReloadError: null } });
    expect(json(await postStart(service))).toMatchObject({ tasks: [{ name: 'begin' }] });
    expect(executions()).toEqual(['first', 'begin']);
  });
});
