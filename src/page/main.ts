/** The status page: it follows the service, and draws what it is told; what runs grows by itself between two messages. */
import * as z from 'zod/mini';
import { goesOn } from '../observe/timeline/run-view.ts';
import { follow, type Known } from './connection.ts';
import { headOf, LOST } from './head.ts';
import { patchChildren } from './patch.ts';
import { latestNews, viewOf } from './view.ts';

/** How often what runs is drawn anew, in ms. */
const DRAW_EVERY_MS = 250;
/** How often the rest is, which tells in minutes how long ago things were, in ms. */
const AGE_EVERY_MS = 20_000;

// Zod would try to make code, which this page's policy forbids.
z.config({ jitless: true });

const head = document.querySelector('#head');
const said = document.querySelector('#said');
const view = document.querySelector('#view');
let known: Known = { status: undefined, connected: false, aheadMs: 0 };
/** The service's own end is the last instant that is known: nothing grows beyond it. */
let lostAtMs: number | undefined;

function draw(): void {
  const { status, connected, aheadMs } = known;
  if (head === null || view === null || said === null || status === undefined) return;
  const nowMs = lostAtMs ?? Date.now() + aheadMs;
  patchChildren(head, headOf(status, connected, nowMs));
  patchChildren(view, viewOf(status, nowMs, view.clientWidth));
  const news = latestNews(status);
  if (said.textContent !== news) said.textContent = news;
  const runs = connected && status.runs.some(goesOn);
  document.title = `${runs ? '▶ ' : ''}Hookkeeper: ${connected ? status.state : LOST}`;
}

follow((next) => {
  lostAtMs = next.connected ? undefined : (lostAtMs ?? Date.now() + next.aheadMs);
  known = next;
  draw();
});
setInterval(() => {
  if (!document.hidden && known.status?.runs.some(goesOn)) draw();
}, DRAW_EVERY_MS);
setInterval(() => {
  if (!document.hidden) draw();
}, AGE_EVERY_MS);
new ResizeObserver(draw).observe(document.body);
document.addEventListener('visibilitychange', draw);
