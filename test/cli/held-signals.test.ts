import { EventEmitter } from 'node:events';
import { expect, it, vi } from 'vitest';
import { holdSignals } from '../../src/cli/held-signals.ts';

it('a signal that comes before anybody listens is heard, once, and all later ones', () => {
  const source = new EventEmitter();
  const signals = holdSignals(source);
  source.emit('SIGTERM');
  source.emit('SIGTERM');
  const [onTerm, onInt] = [vi.fn(), vi.fn()];
  signals.on('SIGTERM', onTerm);
  signals.on('SIGINT', onInt);
  expect([onTerm.mock.calls.length, onInt.mock.calls.length]).toEqual([1, 0]);
  source.emit('SIGTERM');
  source.emit('SIGINT');
  expect([onTerm.mock.calls.length, onInt.mock.calls.length]).toEqual([2, 1]);
});
