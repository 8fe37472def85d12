import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const RECIPES = join(import.meta.dirname, '..', '..', 'k8s-examples', 'recipes');

it('lists every recipe, with the grace that its config has', () => {
  const table = readFileSync(join(RECIPES, 'README.md'), 'utf8');
  const listed = [...table.matchAll(/^\| \[(.+)\]\(\1\) \|.*\| (\d+) s \|/gm)].map(([, name, grace]) => [name, grace]);
  const folders = readdirSync(RECIPES, { withFileTypes: true }).flatMap((each) =>
    each.isDirectory() ? [each.name] : [],
  );
  const recipes = folders.toSorted().map((name) => {
    const [, grace] = /period: (\d+)s/.exec(readFileSync(join(RECIPES, name, 'hooks.yaml'), 'utf8')) ?? [];
    return [name, grace];
  });
  expect(listed).toEqual(recipes);
});
