import { describe, expect, it } from 'vitest';
import { eachReason } from '../../src/config/for-reason.ts';
import { hook, steps, task } from '../hooks/stage.ts';

const both = task('both');
const leave = task('leave', undefined, { whenReason: 'termination' });
const stay = task('stay', undefined, { whenReason: 'restart' });

describe('the runs that a hook can have', () => {
  it('are one where no task is for one reason of the stop alone', () => {
    const config = hook(steps(both, [both, both]));
    expect(eachReason(config)).toEqual([config]);
  });

  it('are one for each reason, with its tasks and those for every one, in groups too', () => {
    const config = hook(steps(both, leave, [leave, stay, both], [stay], stay));
    expect(eachReason(config)).toEqual([
      hook(steps(both, leave, [leave, both])),
      hook(steps(both, [stay, both], [stay], stay), { unknownReason: 'restart' }),
    ]);
  });
});
