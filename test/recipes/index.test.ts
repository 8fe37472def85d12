import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

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

describe.each(readdirSync(RECIPES, { withFileTypes: true }).flatMap((each) => (each.isDirectory() ? [each.name] : [])))(
  'the recipe %s',
  (name) => {
    const text = readFileSync(join(RECIPES, name, 'README.md'), 'utf8');
    const config = readFileSync(join(RECIPES, name, 'hooks.yaml'), 'utf8');

    it('says what it does, how long it takes, which grace it wants and which container settings it needs', () => {
      const parts = text.match(/^\*\*.+?\.\*\*/gm);
      expect(parts).toEqual(['**What it does.**', '**How long it takes.**', '**Grace.**', '**Container settings.**']);
    });

    it('says whether our tests run it, and wants the grace and the hooks that its config has', () => {
      expect(text.replaceAll('\n', ' ')).toMatch(
        /Run by our tests against|Not run against the real server by our tests/,
      );
      const [, period = ''] = /period: (\d+)s/.exec(config) ?? [];
      expect(text).toContain(`**Grace.** \`terminationGracePeriodSeconds: ${period}\``);
      for (const hook of ['postStart', 'preStop']) {
        expect([hook, text.includes(`${hook}: { httpGet: { path: /${hook.toLowerCase()}/`)]).toEqual([hook, true]);
      }
    });
  },
);
