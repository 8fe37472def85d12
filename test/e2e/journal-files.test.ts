import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runProgram } from '../helpers/program.ts';
import { json } from '../helpers/request.ts';
import { hooks, ops, postStart, preStop, stage } from './stage.ts';

describe('a journal that cannot be gone on with', () => {
  it.each([
    ['is torn', (text: string) => text.slice(0, text.length / 2), /unreadable/],
    ['is empty', () => '', /unreadable/],
    ['is something else', () => '{"name":"package"}', /unreadable/],
    ['is of a newer program', (text: string) => text.replace('"version":1', '"version":99'), /newer/],
  ])('as it %s is moved aside as it was, and the service starts', async (_why, damage, kind) => {
    const { journalDir, task, configure, start, executions } = await stage();
    await configure(hooks({ preStop: [task('only')] }));
    const file = join(journalDir, 'journal.json');
    const first = await start();
    await preStop(first);
    first.kill('SIGTERM');
    await first.exited;
    const damaged = damage(readFileSync(file, 'utf8'));
    await writeFile(file, damaged);

    const second = await start();
    const [aside = '', ...more] = readdirSync(journalDir).filter((name) => name !== 'journal.json');
    expect(more).toEqual([]);
    expect(aside).toMatch(/^journal\.json\./);
    expect(aside).toMatch(kind);
    expect(readFileSync(join(journalDir, aside), 'utf8')).toBe(damaged);
    const said = second.log().find(({ event }) => event === 'journal.movedAside');
    expect(said).toMatchObject({ level: 'error', msg: expect.stringContaining(join(journalDir, aside)) });
    expect(await ops(second, '/readyz')).toMatchObject({ status: 200 });
    expect(json(await preStop(second))).toMatchObject({ delivery: 'executed', outcome: 'succeeded' });
    expect(executions()).toEqual(['only', 'only']);
  });

  it("as it is another pod's is archived, and comes back to nobody", async () => {
    const { journalDir, task, configure, start, executions } = await stage();
    await configure(hooks({ preStop: [task('only')] }));
    for (const uid of ['pod-one', 'pod-two', 'pod-two']) {
      const service = await start({ env: { HOOKKEEPER_POD_UID: uid } });
      expect(json(await preStop(service))).toMatchObject({ outcome: 'succeeded' });
      service.kill('SIGTERM');
      await service.exited;
    }
    expect(executions()).toEqual(['only', 'only']);
    expect(readdirSync(journalDir).toSorted()).toEqual(['journal.json', 'journal.json.pod-pod-one']);
  });

  it('as its place is taken by a folder leaves the service to serve from memory', async () => {
    const { journalDir, task, configure, start, executions } = await stage();
    await configure(hooks({ preStop: [task('only')] }));
    await mkdir(join(journalDir, 'journal.json', 'below'), { recursive: true });
    const service = await start();
    expect(json(await preStop(service))).toMatchObject({ outcome: 'succeeded' });
    expect(json(await preStop(service))).toMatchObject({ delivery: 'replayed' });
    expect(executions()).toEqual(['only']);
  });
});

describe('hookkeeper journal', () => {
  it('prints the runs beside the service, while one is executed, for people and as JSON', async () => {
    const { journalDir, task, gate, open, configure, start, executed } = await stage();
    const failing = task('fails', 'echo disk is full >&2; exit 4', { onFailure: 'continue' });
    await configure(hooks({ postStart: [task('hello', 'echo ready'), failing], preStop: [task('waits', gate('go'))] }));
    const service = await start();
    await postStart(service);
    const running = preStop(service);
    await executed('waits');

    const text = await runProgram(['journal', `--journal=${journalDir}`]);
    expect(text).toMatchObject({ code: 0, stderr: '' });
    expect(text.stdout).toMatch(/journal\.json: 2 runs\n/);
    expect(text.stdout).toMatch(/postStart +app +life-1 +succeeded/);
    expect(text.stdout).toMatch(/fails +failed .*1 attempt +exited with 4/);
    expect(text.stdout).toMatch(/\| ready\n/);
    expect(text.stdout).toMatch(/preStop +app +life-1 +running/);
    expect(text.stdout).toMatch(/waits +running/);

    const printed = await runProgram(['journal', '--json', `--journal=${journalDir}`]);
    expect(JSON.parse(printed.stdout)).toMatchObject({
      version: 1,
      runs: [
        { hook: 'postStart', state: 'ended', tasks: [{ name: 'hello', output: 'ready' }, { name: 'fails' }] },
        { hook: 'preStop', state: 'running', tasks: [{ name: 'waits', state: 'running' }] },
      ],
    });
    await open('go');
    expect(json(await running)).toMatchObject({ outcome: 'succeeded' });
  });

  it('with no journal in its folder says so and ends with 1', async () => {
    const { dir } = await stage();
    const { code, stdout } = await runProgram(['journal', `--journal=${dir}`]);
    expect({ code, stdout }).toEqual({
      code: 1,
      stdout: `There is no journal ${dir}/journal.json: no service has written one here, or it is kept in memory, which hookkeeper status tells; name another folder with --journal\n`,
    });
  });
});
