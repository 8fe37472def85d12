import { describe, expect, it } from 'vitest';
import { attempt } from '../attempt.ts';

const captured = { nodeId: '3; echo hush', date: 'x' };

/** What a command prints. */
async function printed(settings: object, values: Record<string, string> = captured) {
  const { result, lines } = await attempt('exec', settings, { captured: values });
  expect(result).toEqual({ outcome: 'succeeded' });
  return lines;
}

describe('exec: what was captured', () => {
  it('stands in arguments, each of which stays one', async () => {
    expect(await printed({ command: ['printf', '%s\\n', 'node $(nodeId)', '$$(nodeId)'] })).toEqual([
      'node 3; echo hush',
      '$(nodeId)',
    ]);
  });

  it('stands in the environment, under its own name and where it is written', async () => {
    expect(await printed({ shell: 'echo "$nodeId"; echo "$NODE"', env: { NODE: 'n$(nodeId)' } })).toEqual([
      '3; echo hush',
      'n3; echo hush',
    ]);
  });

  it('never replaces what the config says of the environment', async () => {
    expect(await printed({ shell: 'echo "$nodeId"', env: { nodeId: 'mine' } })).toEqual(['mine']);
  });

  it.each([
    { shell: 'echo $(echo own)' },
    { command: ['/bin/sh', '-c', 'echo $(echo own)'] },
    { command: ['bash', '-euc', 'echo $(echo own)'] },
  ])('is never put into code, which keeps its own meaning: %j', async (settings) => {
    expect(await printed(settings, { echo: 'x' })).toEqual(['own']);
  });

  it.each([
    { command: ['/bin/sh', '-c', 'echo "$(date)"'] },
    { command: ['bash', '-c', 'date() { echo own; }; echo $(date)'] },
  ])('does not become a command, even of the same name: %j', async (settings) => {
    expect(await printed(settings)).not.toContain('x');
  });

  it('is missed by name where it was not captured, and nothing is started', async () => {
    const { result, lines } = await attempt('exec', { command: ['echo', '$(nodeId)'], env: { A: '$(term)' } });
    expect(result).toEqual({
      outcome: 'failed',
      reason: 'could not be started: no earlier task of this run captured nodeId and term',
      retryable: false,
    });
    expect(lines).toEqual([]);
  });
});
