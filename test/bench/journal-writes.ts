import { freshGet } from './fresh-get.ts';
import type { RunningServer } from './server.ts';

/** How often a Hookkeeper has written its journal since its start. */
export async function journalWrites({ readiness }: RunningServer): Promise<number> {
  const { text } = await freshGet({ port: readiness.port, path: '/metrics' });
  return Number(/^hookkeeper_journal_writes_total\{result="ok"\} (\d+)$/m.exec(text)?.[1] ?? Number.NaN);
}
