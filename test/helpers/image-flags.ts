import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const dockerfile = readFileSync(join(import.meta.dirname, '..', '..', 'Dockerfile'), 'utf8');

/** How the image starts Node.js: its flags, and its environment. What is measured here is then what a pod has. */
export const IMAGE_FLAGS: readonly string[] = /exec node ((?:--\S+ )+)/.exec(dockerfile)?.[1]?.trim().split(' ') ?? [];
export const IMAGE_ENV: Readonly<Record<string, string>> = Object.fromEntries(
  [...(/^ENV (.*)$/m.exec(dockerfile)?.[1] ?? '').matchAll(/(\S+)=(\S+)/g)].map(([, name = '', value = '']) => [
    name,
    value,
  ]),
);
if (IMAGE_FLAGS.length === 0 || Object.keys(IMAGE_ENV).length === 0) {
  throw new Error('the Dockerfile no longer says how it starts Node.js');
}
