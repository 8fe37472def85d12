import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { waitingFor } from '../../src/hooks/waiting.ts';

describe('waiting for a promise', () => {
  it('gives its value to all that wait', async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const wait = waitingFor(promise);
    const all = Promise.all([wait(undefined), wait(new AbortController().signal)]);
    resolve('the end');
    expect(await all).toEqual(['the end', 'the end']);
  });

  it('gives it also to who comes when it is there', async () => {
    const wait = waitingFor(Promise.resolve('the end'));
    await Promise.resolve();
    expect(await wait(new AbortController().signal)).toBe('the end');
  });

  it('ends for who leaves, and for who has left before', async () => {
    const wait = waitingFor(new Promise(() => {}));
    const leaving = new AbortController();
    const waited = wait(leaving.signal);
    leaving.abort();
    expect(await waited).toBe('left');
    expect(await wait(leaving.signal)).toBe('left');
  });

  it('keeps nothing of who has left', async () => {
    setFlagsFromString('--expose-gc');
    const collect: () => void = runInNewContext('gc');
    const wait = waitingFor(new Promise(() => {}));
    const signals: WeakRef<AbortSignal>[] = [];
    const comeAndGo = async () => {
      const leaving = new AbortController();
      signals.push(new WeakRef(leaving.signal));
      const waited = wait(leaving.signal);
      leaving.abort();
      await waited;
    };
    for (let caller = 0; caller < 100; caller += 1) await comeAndGo();
    await new Promise(setImmediate);
    collect();
    await new Promise(setImmediate);
    expect(signals.filter((signal) => signal.deref() !== undefined).length).toBeLessThan(10);
    // It is still waited for.
    expect(wait).toBeTypeOf('function');
  });
});
