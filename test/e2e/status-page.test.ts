import { once } from 'node:events';
import { get } from 'node:http';
import { connect } from 'node:net';
import type { Page } from 'playwright-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { seconds } from '../../src/hooks/sentence.ts';
import { openInBrowser, seriousFindings } from '../helpers/browser.ts';
import { drawnAt } from '../helpers/drawn-bars.ts';
import { runProgram, type Service } from '../helpers/program.ts';
import { within } from '../helpers/within.ts';
import { hooks, kubeletOf, ops, type Stage, stage } from './stage.ts';

const HOSTILE = '</pre><script>window.caught = 1</script><img src=x onerror="window.caught = 1">';
const url = ({ opsPort }: Service, path = '/') => `http://localhost:${opsPort}${path}`;

/** A service whose preStop has a task that is tried twice, one that waits for the test, and one that fails. */
async function startWith(place: Stage): Promise<Service> {
  const { task, gate, isOpen } = place;
  await place.configure(
    hooks({
      preStop: [
        task('try-twice', `${isOpen('tried')} || { touch ${place.dir}/gates/tried; sleep 0.3; exit 1; }; sleep 0.2`, {
          retry: { attempts: 2, minDelay: '200ms', jitter: false },
        }),
        task('wait', `echo '${HOSTILE}'; ${gate('done')}`),
        {
          parallel: [
            task('fail', 'printf "\\033[31mno\\n"; exit 3', { onFailure: 'continue' }),
            task('save', 'sleep 0.5'),
          ],
        },
      ],
    }),
  );
  return place.start();
}

const rowOf = (page: Page, task: string) => page.locator(`.hk-row[aria-label^="${task}:"]`);
const badge = (page: Page) => page.locator('.run .badge').first();

describe('the status page in a browser', () => {
  it('shows a run while it goes, draws what the journal says, harms nobody, and asks nobody else', async () => {
    const place = await stage();
    const service = await startWith(place);
    const { page, complaints, requests } = await openInBrowser(url(service));
    await page.getByText('No hook was delivered yet.').waitFor();
    const answer = kubeletOf(service).preStop();

    await rowOf(page, 'wait').and(page.locator('[aria-label*="running"]')).waitFor();
    const growing = () => drawnAt(rowOf(page, 'wait'));
    const before = await growing();
    await expect.poll(async () => (await growing()).to, { timeout: 20_000 }).toBeGreaterThan(before.to);
    await page.getByText('left of 35 s for the tasks').waitFor();
    expect(await page.locator('pre').first().textContent()).toBe(HOSTILE);
    expect(await page.title()).toBe('▶ Hookkeeper: serving');

    await place.open('done');
    await answer;
    await badge(page).getByText('succeeded').waitFor();
    const [run] = (await place.journal()).runs;
    const ended = (run?.tasks ?? []).flatMap((task) => (task.state === 'ended' ? [task] : []));
    expect(ended.map(({ name }) => name)).toEqual(['try-twice', 'wait', 'fail', 'save']);
    // What is drawn from the start of the lane is on one scale, which the longest bar tells.
    const lane = Number(await rowOf(page, 'wait').locator('.hk-lane').getAttribute('x'));
    const longest = ended.toSorted((a, b) => b.durationMs - a.durationMs)[0];
    const widest = await drawnAt(rowOf(page, longest?.name ?? ''));
    const pixelsPerMs = (widest.to - widest.from) / (longest?.durationMs ?? 1);
    for (const { name, startedAtMs, durationMs } of ended) {
      const { from, to } = await drawnAt(rowOf(page, name));
      const startMs = startedAtMs - (run?.firstDeliveryAtMs ?? 0);
      expect(Math.abs(to - from - Math.max(3, durationMs * pixelsPerMs))).toBeLessThan(1);
      // A bar that is wider than its time, to be seen, is kept inside its lane.
      expect(Math.abs(from - lane - startMs * pixelsPerMs)).toBeLessThan(4);
    }
    expect(await rowOf(page, 'try-twice').locator('.hk-bar').count()).toBe(2);

    expect(await page.locator('.reasons li').allTextContents()).toEqual([
      expect.stringMatching(/^fail: failed after \S+ m?s: exited with 3$/),
    ]);
    await page.getByText('As a table').click();
    const rows = await page.locator('details table tbody tr').all();
    const table = await Promise.all(rows.map((row) => row.locator('th, td').allTextContents()));
    expect(table.map(([name, outcome, , took, attempts]) => [name, outcome, took, attempts])).toEqual(
      ended.map(({ name, outcome, durationMs, attempts }) => [name, outcome, seconds(durationMs), String(attempts)]),
    );

    expect(await page.evaluate('window.caught')).toBeUndefined();
    expect(complaints).toEqual([]);
    expect(requests.filter((each) => !each.startsWith(url(service)) && !each.startsWith('data:'))).toEqual([]);
    expect(requests).toContain(url(service, '/events'));
  });

  it.each([
    ['light', 1200],
    ['dark', 1200],
    ['light', 360],
  ] as const)('is fit for everybody: %s, %i pixels wide', async (colorScheme, width) => {
    const place = await stage();
    const service = await startWith(place);
    const answer = kubeletOf(service).preStop();
    await place.executed('wait');
    const { page, complaints } = await openInBrowser(url(service), { colorScheme, viewport: { width, height: 800 } });
    await rowOf(page, 'wait').waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await place.open('done');
    await answer;
    await badge(page).getByText('succeeded').waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth <= window.innerWidth')).toBe(true);
    // No part of the lives is beside the screen, either.
    expect(
      await page.evaluate("(lives => lives.scrollWidth <= lives.clientWidth)(document.querySelector('.lives'))"),
    ).toBe(true);
    expect(complaints).toEqual([]);
  });

  it('can be read with the keyboard alone, and leaves the focus where it is while the picture grows', async () => {
    const place = await stage();
    const service = await startWith(place);
    const answer = kubeletOf(service).preStop();
    await place.executed('wait');
    const { page } = await openInBrowser(url(service));
    await rowOf(page, 'wait').and(page.locator('[aria-label*="running"]')).waitFor();
    const focused = page.locator(':focus');
    const tabUntil = async (matches: string) => {
      for (let n = 0; n < 40; n += 1) {
        await page.keyboard.press('Tab');
        if ((await focused.and(page.locator(matches)).count()) === 1) return;
      }
      throw new Error(`no key leads to ${matches}`);
    };
    await tabUntil('.hk-row[aria-label^="wait:"]');
    await place.open('done');
    await answer;
    await badge(page).getByText('succeeded').waitFor();
    expect(await focused.getAttribute('aria-label')).toMatch(/^wait: succeeded after /);
    await tabUntil('summary');
    await page.keyboard.press('Enter');
    await page.getByRole('table', { name: /^preStop of app, run/ }).waitFor();
  });

  it('goes on telling how long ago things were where nothing else happens', async () => {
    const place = await stage();
    const service = await startWith(place);
    const { page } = await openInBrowser('about:blank');
    await page.clock.install();
    await page.goto(url(service));
    await page.getByText('started less than a minute ago').waitFor();
    await page.clock.fastForward(190_000);
    await page.getByText('started 3 min ago').waitFor({ timeout: 5000 });
  });

  it('says so when hookkeeper is gone, and never holds up its end', async () => {
    const place = await stage();
    const service = await startWith(place);
    const { page } = await openInBrowser(url(service));
    await page.getByText('No hook was delivered yet.').waitFor();
    // One that reads nothing, and does not go when it is asked to.
    const deaf = connect({ port: service.opsPort, host: '127.0.0.1', allowHalfOpen: true }).pause();
    deaf.on('error', () => {});
    onTestFinished(() => void deaf.destroy());
    deaf.write('GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await once(deaf, 'readable');
    service.kill('SIGTERM');
    expect(await within('the end', service.exited)).toEqual({ code: 0, signal: null });
    expect(service.log().filter(({ msg }) => /connections were cut/.test(String(msg)))).toEqual([]);
    await page.getByText('Hookkeeper does not answer any more').waitFor();
    expect(await page.title()).toBe('Hookkeeper: not reachable');
    const again = await place.start({ args: [`--ops-port=${service.opsPort}`] });
    await page.locator('h1').getByText('serving').waitFor();
    expect(again.opsPort).toBe(service.opsPort);
  });
});

describe('the built status page', () => {
  it('lets in its own script and style and nothing else', async () => {
    const place = await stage();
    const service = await startWith(place);
    const reply = await ops(service, '/');
    if (reply.kind === 'broken') throw new Error(reply.error);
    expect(reply).toMatchObject({
      status: 200,
      headers: { 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' },
    });
    const policy = String(reply.headers['content-security-policy']).split('; ');
    const hash = (what: string) => expect.stringMatching(new RegExp(`^${what} 'sha256-[\\w+/]{43}='$`));
    expect(policy).toEqual([
      "default-src 'none'",
      hash('script-src'),
      hash('style-src'),
      "connect-src 'self'",
      'img-src data:',
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
      "require-trusted-types-for 'script'",
      "trusted-types 'none'",
    ]);
    expect(reply.body.match(/<(?:script|link|img|iframe|form)[ >]/g)).toEqual(['<link ', '<script>']);
    expect(reply.body.match(/(?:src|href)="[^"]*"/g)).toEqual(['href="data:,"', 'href="timeline"']);
  });

  it('tells the same to hookkeeper status', async () => {
    const place = await stage();
    const service = await startWith(place);
    await place.open('done');
    await kubeletOf(service).preStop();
    const shown = await runProgram(['status'], { HOOKKEEPER_OPS_PORT: String(service.opsPort) });
    expect(shown.code).toBe(0);
    expect(shown.stdout).toMatch(/^hookkeeper \S+: serving\n/);
    expect(shown.stdout).toMatch(
      /\npreStop of app, run \S+: succeeded after .*\n {2}delivery 1 \(kubelet\): executed\n/,
    );
    expect(shown.stdout).toMatch(/\n {2}fail: failed after \d+ ms: exited with 3\n {4}\| no\n/);
    const [response] = await once(get(url(service, '/timeline'), { headers: { Host: 'evil.example' } }), 'response');
    expect(response.statusCode).toBe(403);
    response.resume();
    service.kill('SIGKILL');
    await service.exited;
    const gone = await runProgram(['status', '--ops-port', String(service.opsPort)]);
    expect(gone).toMatchObject({ code: 1, stdout: expect.stringMatching(/^no hookkeeper answers on ops port \d+ /) });
  });
});
