import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { LogFormat } from '../../src/observe/logger.ts';
import { capturingLogger } from './log-lines.ts';

const loggerPath = fileURLToPath(new URL('../../src/observe/logger.ts', import.meta.url));

/** A process that runs `body` with the program's own `logger`. */
function loggingProcess(body: string, format: LogFormat = 'json', colour = false) {
  const script = `
    import { createLogger } from ${JSON.stringify(loggerPath)};
    const logger = await createLogger('info', '${format}', { colour: ${colour} });
    ${body}
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'pipe' });
  const text = async (stream: typeof child.stdout) => {
    let all = '';
    for await (const chunk of stream.setEncoding('utf8')) all += chunk;
    return all;
  };
  return { child, text };
}

async function exitOf(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null) await once(child, 'exit');
  return child.exitCode;
}

describe('a log line', () => {
  it('is JSON with the level as a word, the time in ISO 8601, and neither PID nor host name', () => {
    const { logger, lines } = capturingLogger();
    logger.warn({ hook: 'preStop' }, 'the disk is full');
    expect(lines).toEqual([
      {
        level: 'warn',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        hook: 'preStop',
        msg: 'the disk is full',
      },
    ]);
  });

  it('is not written below the level', () => {
    const { logger, lines } = capturingLogger('warn');
    logger.info('chatter');
    logger.error('trouble');
    expect(lines.map(({ msg }) => msg)).toEqual(['trouble']);
  });

  it('shows no credentials, wherever a request was put', () => {
    const { logger, lines } = capturingLogger();
    const headers = { authorization: 'Bearer s3cret', cookie: 's3cret', accept: '*/*' };
    logger.info({ token: 's3cret', authorization: 's3cret', req: { headers }, headers }, 'called');
    expect(JSON.stringify(lines)).not.toContain('s3cret');
    expect(lines[0]).toMatchObject({ req: { headers: { accept: '*/*' } } });
  });

  it('shows an error with its stack, without secrets and without what hangs on it', () => {
    const { logger, lines } = capturingLogger();
    const error = Object.assign(new TypeError('no answer from http://bob:s3cret@host/'), {
      options: { auth: 's3cret' },
    });
    logger.error({ err: error }, 'a bug');
    logger.error({ err: 'not even an error' }, 'a bug');
    expect(JSON.stringify(lines)).not.toContain('s3cret');
    expect(lines[0]).toMatchObject({
      err: {
        type: 'TypeError',
        message: 'no answer from http://[redacted]@host/',
        stack: expect.stringContaining('logger.test.ts'),
      },
    });
    expect(lines[1]).toMatchObject({ err: { type: 'string', message: 'not even an error' } });
  });
});

describe("the program's logger", () => {
  it('writes everything to stdout before the process ends', async () => {
    const { child, text } = loggingProcess(`
      for (let i = 0; i < 5000; i += 1) logger.info({ i }, 'line');
    `);
    const lines = (await text(child.stdout)).trim().split('\n');
    expect(lines).toHaveLength(5000);
    expect(JSON.parse(lines[4999] ?? '')).toMatchObject({ i: 4999, level: 'info' });
  });

  it.each(['json', 'pretty'] as const)(
    'neither waits for a reader of %s nor keeps all for it, and says so',
    async (format) => {
      const body = `
      import { setImmediate } from 'node:timers/promises';
      const line = 'x'.repeat(1000);
      for (let i = 0; i < 20_000; i += 1) {
        logger.info(line);
        if (i % 100 === 0) await setImmediate();
      }
      process.stderr.write('done without a reader');
    `;
      const { child } = loggingProcess(body, format);
      const [complaint] = await once(child.stderr, 'data');
      expect(String(complaint)).toBe('done without a reader');
      let written = '';
      for await (const chunk of child.stdout.setEncoding('utf8')) {
        written += chunk;
        if (/\d+ log lines were dropped, as stdout was not read/.test(written)) break;
      }
      expect(written.length).toBeLessThan(6_000_000);
      expect(await exitOf(child)).toBe(0);
    },
  );

  it('does not hold up an exit, though nobody reads stdout', async () => {
    const { child } = loggingProcess(`
      for (let i = 0; i < 10_000; i += 1) logger.info('x'.repeat(1000));
      process.exit(7);
    `);
    expect(await exitOf(child)).toBe(7);
  });

  it.each([
    ['its reader is gone', (child: ChildProcess) => child.stdout?.destroy(), ''],
    ['it is closed', () => {}, "import { closeSync } from 'node:fs'; closeSync(1);"],
  ])('does not end the process when stdout fails: %s', async (_what, prepare, code) => {
    const { child, text } = loggingProcess(`
      import { setImmediate } from 'node:timers/promises';
      ${code}
      await new Promise((resolve) => process.stdin.on('end', resolve).resume());
      for (let i = 0; i < 100; i += 1) {
        logger.info('into the void');
        await setImmediate();
      }
      process.stderr.write('still here');
    `);
    prepare(child);
    child.stdin.end();
    expect(await text(child.stderr)).toBe('still here');
    expect(await exitOf(child)).toBe(0);
  });

  it('writes for people when it is told to, with colours only when told to', async () => {
    const body = `logger.info({ run: 'k3f9-7', caller: 'kubelet' }, '[preStop app] run started');`;
    const [plain, coloured] = [loggingProcess(body, 'pretty'), loggingProcess(body, 'pretty', true)];
    const reading = [plain, coloured].map(({ child, text }) => text(child.stdout));
    const [shown = '', inColour = ''] = await Promise.all(reading);
    expect(shown).toMatch(/^\[[\d:.]+\] INFO: \[preStop app\] run started\n$/);
    expect(inColour).toContain('\u001b[');
    expect(stripVTControlCharacters(inColour)).toMatch(/\] INFO: \[preStop app\] run started\n$/);
  });
});
