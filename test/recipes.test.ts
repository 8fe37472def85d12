import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../src/config/load.ts';
import { formatProblem } from '../src/config/problem.ts';
import { taskTable } from '../src/tasks/table.ts';

const RECIPES = join(import.meta.dirname, '..', 'k8s-examples', 'recipes');
const recipes = readdirSync(RECIPES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

function load(recipe: string) {
  const file = join(RECIPES, recipe, 'hooks.yaml');
  return loadConfig({ text: readFileSync(file, 'utf8'), file, table: taskTable, env: {} });
}

/** What depends on the machine: whether other processes can be seen, and whether the app's volumes are there. */
const ELSEWHERE = /shareProcessNamespace|must lie in a folder that is there|snapshot\.source(s\[\d+\])? must be there/;

describe('the recipes', () => {
  it('are there: the checks below are not empty', () => {
    expect(recipes).toEqual(expect.arrayContaining(['envoy', 'istio', 'linkerd', 'redpanda']));
  });

  it.each(recipes)('%s has a config without an error or a warning', (recipe) => {
    const loaded = load(recipe);
    const problems = (loaded.ok ? loaded.warnings : loaded.problems).map(formatProblem);
    expect(problems.filter((problem) => !ELSEWHERE.test(problem))).toEqual([]);
  });

  it.each(recipes)('%s says what it does, how long it takes, and which grace and settings it needs', (recipe) => {
    const text = readFileSync(join(RECIPES, recipe, 'README.md'), 'utf8');
    for (const part of ['**What it does.**', '**How long it takes.**', '**Grace.**', '**Container settings.**']) {
      expect(text).toContain(part);
    }
    const loaded = load(recipe);
    if (!loaded.ok) throw new Error('it does not load');
    const { grace, containers } = loaded.config;
    expect(text).toContain(`terminationGracePeriodSeconds: ${grace.periodMs / 1000}`);
    for (const name of containers.keys()) expect(text).toContain(`/prestop/${name}`);
  });
});
