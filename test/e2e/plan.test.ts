import { describe, expect, it } from 'vitest';
import { runProgram } from '../helpers/program.ts';
import { hooks, preStop, stage } from './stage.ts';

describe('hookkeeper plan', () => {
  it('learns from the journal of a service how long tasks likely take, also while it serves', async () => {
    const { task, configure, start, configFile, journalDir } = await stage();
    await configure(hooks({ preStop: [{ name: 'notice', sleep: '10ms' }, task('save', '', { timeout: '10s' })] }));
    const service = await start();
    await preStop(service);
    const { code, stdout, stderr } = await runProgram(['plan', `--config=${configFile}`, `--journal=${journalDir}`]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('likely durations are the medians of a journal of 1 run\n');
    expect(stdout).toMatch(/ 1 {2}notice +normal +10ms +10ms +█/);
    expect(stdout).toMatch(/ 2 {2}save +normal +10\.2s +[\d.]+m?s +█/);
  });

  it('says what is wrong with a journal that was named, and goes without one that was not', async () => {
    const { task, configure, configFile, dir } = await stage();
    await configure(hooks({ preStop: [task('save', '', { timeout: '10s' })] }));
    const named = await runProgram(['plan', `--config=${configFile}`, `--journal=${dir}/none`]);
    expect(named).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('There is no journal') });
    const unnamed = await runProgram(['plan', `--config=${configFile}`, '--grace=20s']);
    expect(unnamed).toMatchObject({ code: 0, stdout: expect.stringContaining('grace 20s, reserve ') });
  });
});
