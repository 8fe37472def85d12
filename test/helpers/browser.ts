import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import axe from 'axe-core';
import { type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { onTestFinished } from 'vitest';
import * as z from 'zod/mini';

/** What Chromium does by itself, or for its maker, has no place in a test. */
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A page in a real Chromium, and what it did that a good page does not. */
export interface OpenPage {
  readonly page: Page;
  /** Errors and warnings on the console, exceptions, and dialogs. */
  readonly complaints: readonly string[];
  /** The URLs that it asked for. */
  readonly requests: readonly string[];
}

/** Opens an address in a Chromium of its own, which ends with the test. */
export async function openInBrowser(url: string, options: BrowserContextOptions = {}): Promise<OpenPage> {
  const browser = await chromium.launch({ executablePath: chromiumFile(), args: FLAGS });
  onTestFinished(() => browser.close());
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('dialog', (dialog) => {
    complaints.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => requests.push(request.url()));
  await page.goto(url);
  return { page, complaints, requests };
}

const Violations = z.array(
  z.object({
    id: z.string(),
    impact: z.nullable(z.string()),
    help: z.string(),
    nodes: z.array(z.object({ html: z.string() })),
  }),
);

/** What axe-core finds on the page that is serious or critical for people with disabilities. */
export async function seriousFindings(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const found: unknown = await page.evaluate('axe.run().then(({ violations }) => violations)');
  return z
    .parse(Violations, found)
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(' ')}`);
}

/** `HOOKKEEPER_TEST_CHROMIUM`, or Debian's on the path. */
function chromiumFile(): string {
  const named = process.env['HOOKKEEPER_TEST_CHROMIUM'];
  if (named !== undefined) return named;
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const found = folders.map((folder) => join(folder, 'chromium')).find((file) => existsSync(file));
  if (found === undefined)
    throw new Error('there is no chromium here: install the Debian package, or name one in HOOKKEEPER_TEST_CHROMIUM');
  return found;
}
