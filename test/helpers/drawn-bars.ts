import type { Locator } from 'playwright-core';

/** From where to where a task's bar is drawn, in pixels: its attempts, and the lines between them. */
export async function drawnAt(row: Locator): Promise<{ readonly from: number; readonly to: number }> {
  const bars = (await row.locator('.hk-bar').all()).map(async (bar) => {
    const x = Number(await bar.getAttribute('x'));
    return [x, x + Number(await bar.getAttribute('width'))];
  });
  const waits = (await row.locator('.hk-wait').all()).map(async (wait) => {
    const [, x, width] = /^M([\d.]+) [\d.]+ h([\d.]+)$/.exec((await wait.getAttribute('d')) ?? '') ?? [];
    return [Number(x), Number(x) + Number(width)];
  });
  const edges = (await Promise.all([...bars, ...waits])).flat();
  return { from: Math.min(...edges), to: Math.max(...edges) };
}
