import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { seconds } from '../../src/hooks/sentence.ts';
import type { Rehearsal } from '../../src/rehearse/rehearsal.ts';
import { openInBrowser, seriousFindings } from '../helpers/browser.ts';
import { drawnAt } from '../helpers/drawn-bars.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';
import { rehearsed } from './rehearsed.ts';

const HOSTILE = '</pre></style><script>window.caught = 1</script><img src=x onerror="window.caught = 1">&amp;';

/** A config whose preStop has a retry, a failure, a shed task and hostile output. */
const CONFIG = JSON.stringify({
  version: 1,
  grace: { period: '9s', reserve: '2s' },
  containers: {
    app: {
      postStart: [{ name: 'warm', sleep: '100ms' }],
      preStop: [
        { name: 'notice', sleep: '900ms' },
        {
          name: 'try-twice',
          exec: {
            shell: 'if [ -e "$MARK" ]; then sleep 0.3; else touch "$MARK"; sleep 0.2; exit 1; fi',
            inheritEnv: ['MARK'],
          },
          retry: { attempts: 2, minDelay: '200ms', jitter: false },
          timeout: '2s',
        },
        {
          parallel: [
            { name: 'print', exec: { shell: `printf '%s\\n' '${HOSTILE}'; sleep 0.2` }, timeout: '2s' },
            { name: 'fail', exec: { shell: 'printf "\\033[31mno\\n"; exit 3' }, timeout: '1s', onFailure: 'continue' },
          ],
        },
        { name: 'save', exec: { shell: 'sleep 0.4' }, timeout: '1s', priority: 'critical' },
      ],
    },
  },
});

interface Made {
  readonly rehearsal: Rehearsal;
  readonly html: string;
  readonly svg: string;
}

/** One rehearsal for all tests: it takes seconds. */
let made: Promise<Made> | undefined;
const report = (): Promise<Made> => {
  made ??= make();
  return made;
};

async function make(): Promise<Made> {
  const dir = await temporaryFolder();
  const config = join(dir, 'hooks.yaml');
  await writeFile(config, CONFIG);
  const [html, svg] = [join(dir, 'report.html'), join(dir, 'report.svg')];
  const scenarios = ['--scenario', 'stop', 'kubelet-restart', 'short-grace', 'never-drains'];
  const args = ['--config', config, ...scenarios, '--report', html, '--report', svg];
  const { rehearsal } = await rehearsed(args, { MARK: join(dir, 'mark') });
  return { rehearsal, html: readFileSync(html, 'utf8'), svg: readFileSync(svg, 'utf8') };
}

async function open(options: Parameters<typeof openInBrowser>[1] = {}) {
  const { rehearsal, html } = await report();
  const file = join(await temporaryFolder(), 'report.html');
  await writeFile(file, html);
  const url = pathToFileURL(file).href;
  return { url, rehearsal, ...(await openInBrowser(url, options)) };
}

const rowOf = (page: Page, scenario: string, form: string, task: string) =>
  page.locator(`#${scenario} .${form} .hk-row[aria-label^="${task}:"]`);

describe('the report in a browser', () => {
  it('draws what the journal says, asks nobody for anything, and takes outputs for text', async () => {
    const { page, url, rehearsal, complaints, requests } = await open({ viewport: { width: 1200, height: 900 } });
    const [stop] = rehearsal.scenarios;
    const ended = (stop?.runs ?? []).flatMap(({ tasks }) => tasks).filter(({ durationMs }) => durationMs !== null);
    expect(ended.map(({ name }) => name)).toEqual(['warm', 'notice', 'try-twice', 'print', 'fail', 'save']);
    const [first, second] = [ended[0], ended.at(-1)];
    const at = async (name = '') => drawnAt(rowOf(page, 'stop', 'wide', name));
    // Two bars tell the scale; all the others have to be on it.
    const span = (second?.startedAtMs ?? 0) - (first?.startedAtMs ?? 0);
    const origin = (await at(first?.name)).from;
    const pixelsPerMs = ((await at(second?.name)).from - origin) / span;
    for (const { name, startedAtMs, durationMs } of ended) {
      const { from, to } = await at(name);
      expect(Math.abs(from - origin - ((startedAtMs ?? 0) - (first?.startedAtMs ?? 0)) * pixelsPerMs)).toBeLessThan(1);
      expect(Math.abs(to - from - Math.max(3, (durationMs ?? 0) * pixelsPerMs))).toBeLessThan(1.5);
    }
    expect(await rowOf(page, 'stop', 'wide', 'try-twice').locator('.hk-bar').count()).toBe(2);

    const output = page.locator('#stop details', { hasText: 'Output of print' });
    await output.locator('summary').click();
    expect(await output.locator('pre').textContent()).toBe(HOSTILE);
    expect(await page.evaluate('window.caught')).toBeUndefined();
    expect(complaints).toEqual([]);
    expect(requests.filter((each) => !each.startsWith('data:'))).toEqual([url]);
  });

  it('has each verdict, the reason of all that did not succeed, and each run as a table', async () => {
    const { page, rehearsal } = await open();
    for (const { name, verdicts, runs, notPlayed } of rehearsal.scenarios) {
      const section = page.locator(`#${name}`);
      if (notPlayed !== null) {
        await section.getByText(`Not played: ${notPlayed}`).waitFor();
        continue;
      }
      const told = await section.locator('.verdicts li').allTextContents();
      expect(told).toEqual(
        verdicts.map(({ promise, name: what, held, why }) => {
          return `${held ? '✔' : '✘'} ${promise === null ? what : `${promise} ${what}`} ${held ? 'held' : 'broken'}: ${why}`;
        }),
      );
      const tasks = runs.flatMap((run) => run.tasks);
      const reasons = await section.locator('.reasons li').allTextContents();
      const lacking = tasks.filter(({ state }) => state !== 'succeeded');
      expect(reasons.length).toBe(lacking.length);
      for (const { reason } of lacking) expect(reasons.join('\n')).toContain(reason ?? 'no reason at all');
      await section.getByText('As tables').click();
      const rows = await section.locator('table tbody tr').all();
      const cells = await Promise.all(rows.map((row) => row.locator('th, td').allTextContents()));
      expect(cells.map(([task, , , took]) => [task, took])).toEqual(
        tasks.map(({ name: task, durationMs, attempts }) => [
          task,
          attempts === 0 || durationMs === null ? '' : seconds(durationMs),
        ]),
      );
    }
    expect(rehearsal.scenarios.map(({ notPlayed }) => notPlayed === null)).toEqual([true, true, true, false]);
    const shed = rehearsal.scenarios[2]?.runs[1]?.tasks.filter(({ state }) => state === 'skipped');
    expect(shed?.length).toBeGreaterThan(0);
  });

  it.each([
    ['light', 1200],
    ['dark', 1200],
    ['light', 360],
    ['dark', 360],
  ] as const)('is fit for everybody: %s, %i pixels wide', async (colorScheme, width) => {
    const { page, complaints } = await open({ colorScheme, viewport: { width, height: 800 }, bypassCSP: true });
    for (const details of await page.locator('summary').all()) await details.click();
    expect(await seriousFindings(page)).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth <= window.innerWidth')).toBe(true);
    expect(await rowOf(page, 'stop', width < 700 ? 'narrow' : 'wide', 'save').isVisible()).toBe(true);
    expect(await rowOf(page, 'stop', width < 700 ? 'wide' : 'narrow', 'save').isVisible()).toBe(false);
    expect(complaints).toEqual([]);
  });

  it('on paper says when it was played, and hides nothing', async () => {
    const { page, rehearsal } = await open({ viewport: { width: 800, height: 900 } });
    const playedAt = new Date(rehearsal.scenarios[0]?.startedAtMs ?? 0).toISOString();
    await page.getByText(` on ${playedAt.slice(0, 10)} at ${playedAt.slice(11, 16)} UTC; `).waitFor();
    const table = page.locator('#stop').getByRole('table').first();
    expect(await table.isVisible()).toBe(false);
    await page.emulateMedia({ media: 'print' });
    await table.waitFor();
    expect(await page.locator('#stop pre').first().isVisible()).toBe(true);
  });

  it('can be read with the keyboard alone', async () => {
    const { page } = await open();
    const reached: string[] = [];
    for (let n = 0; n < 25; n += 1) {
      await page.keyboard.press('Tab');
      const focused = page.locator(':focus');
      reached.push((await focused.getAttribute('aria-label')) ?? (await focused.textContent()) ?? '');
    }
    expect(reached.slice(0, 4)).toEqual(['stop', 'kubelet-restart', 'short-grace', 'never-drains']);
    expect(reached).toEqual(expect.arrayContaining([expect.stringMatching(/^save: succeeded after /), 'As tables']));
    await page.getByText('As tables').first().focus();
    await page.keyboard.press('Enter');
    await page
      .getByRole('table', { name: /^postStart of app, run/ })
      .first()
      .waitFor();
  });
});

describe('the report as an SVG', () => {
  it('is one file that a browser takes for a picture, with no text of ours lost', async () => {
    const { svg, rehearsal } = await report();
    const { page, complaints } = await openInBrowser('about:blank');
    await page.setContent('<img alt="">');
    const size = await page.evaluate(
      `new Promise((resolve) => {
        const image = document.querySelector('img');
        image.onload = () => resolve([image.naturalWidth, image.naturalHeight > 200]);
        image.onerror = () => resolve('it is no picture');
        image.src = 'data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}';
      })`,
    );
    expect(size).toEqual([960, true]);
    expect(complaints).toEqual([]);
    expect(svg).not.toMatch(/<script|<img|<foreignObject|href=|url\((?!#)/);
    for (const { name } of rehearsal.scenarios) expect(svg).toContain(`>${name}: `);
  });
});
