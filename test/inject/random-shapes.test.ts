import { describe, expect, it } from 'vitest';
import { inject } from '../../src/inject/inject.ts';
import { takeOutOfFiles } from '../../src/inject/take-out-files.ts';
import { checkManifests } from '../../src/manifests/check-manifests.ts';
import { taskTable } from '../../src/tasks/table.ts';
import { randomFrom } from '../helpers/random.ts';
import { inputFor } from './fixtures.ts';
import { randomManifests } from './random-manifests.ts';

/** `SHAPES=20000 npx vitest run test/inject/random-shapes.test.ts` looks at more. */
const SHAPES = Number(process.env['SHAPES'] ?? 150);

const CONFIG = `version: 1
containers:
  app: { postStart: [], preStop: [{ name: notice, sleep: 5s }] }
  b: { preStop: [{ name: notice, sleep: 5s }] }
`;

describe('manifests of random shapes', () => {
  it(`are right with Hookkeeper, the same after a second time, and what they were without it (${SHAPES} of them)`, () => {
    let injected = 0;
    for (let seed = 1; seed <= SHAPES; seed += 1) {
      const text = randomManifests(randomFrom(seed));
      const once = inject(inputFor(text, CONFIG));
      const what = `seed ${seed}\n${text}`;
      if (!once.ok) {
        const reasons = once.problems.filter(({ severity }) => severity === 'error').map(({ message }) => message);
        expect(
          reasons.filter((reason) => !REFUSED.test(reason)),
          what,
        ).toEqual([]);
        continue;
      }
      injected += 1;
      const result = once.files[0]?.text ?? '';
      const again = inject(inputFor(result, CONFIG));
      expect(again.ok && again.files[0]?.text, what).toBe(result);
      const back = takeOutOfFiles([{ file: 'web.yaml', text: result }], { keepChanged: false });
      expect(back.ok && back.files[0]?.text, what).toBe(text);
      const before = errorsIn(text);
      expect(
        errorsIn(result).filter((message) => !before.includes(message)),
        what,
      ).toEqual([]);
    }
    expect(injected).toBeGreaterThan(SHAPES / 2);
  }, 120_000);
});

function errorsIn(text: string): string[] {
  const config = { file: 'hooks.yaml', text: CONFIG };
  const { findings } = checkManifests({ manifests: [{ file: 'web.yaml', text }], config, table: taskTable });
  return findings.filter(({ severity }) => severity === 'error').map(({ message }) => message);
}

/** Without a pod there is nothing to inject into; and the writer of random YAML writes some that is none. */
const REFUSED = /none of the files has a pod|the file is not valid YAML/;
