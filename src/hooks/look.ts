import type { Condition, ReadContext, Reading } from '../config/condition.ts';
import { seconds } from './sentence.ts';

/** Looks at a condition once, for at most `boundMs`. Never rejects. */
export async function lookWithin(condition: Condition, context: ReadContext, boundMs: number): Promise<Reading> {
  const { clock, signal, captured } = context;
  const controller = new AbortController();
  const stop = () => controller.abort(signal.reason);
  let late = false;
  const cancel = clock.after(boundMs, () => {
    late = true;
    controller.abort();
  });
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  const reading = await condition.read({ signal: controller.signal, clock, captured });
  cancel();
  signal.removeEventListener('abort', stop);
  if (!late || reading.kind === 'read') return reading;
  return { kind: 'unreadable', reason: `there was no answer within ${seconds(boundMs)}`, refused: false };
}
