import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { jsonSchemaOf, schema } from '../../src/cli/schema.ts';
import { DEFAULTS, LIMITS } from '../../src/config/defaults.ts';
import { formatDuration } from '../../src/config/duration.ts';
import { isMapping, valueAt } from '../../src/config/finding.ts';
import { loadConfig } from '../../src/config/load.ts';
import { fakeTable } from '../config/fake-kinds.ts';
import { isValid } from './json-schema-check.ts';

/** Made for each test: under mutation, what a file works out when it is loaded is tried by none. */
let json: object;
beforeEach(() => {
  json = jsonSchemaOf(fakeTable);
});
const at = (...path: string[]) => valueAt(json, path);
const task = (...path: string[]) => at('definitions', 'task', ...path);

/** Every object schema inside `value`. */
function objectsIn(value: unknown): Readonly<Record<PropertyKey, unknown>>[] {
  if (Array.isArray(value)) return value.flatMap(objectsIn);
  if (!isMapping(value)) return [];
  return [...(value['type'] === 'object' ? [value] : []), ...Object.values(value).flatMap(objectsIn)];
}

describe('hookkeeper schema', () => {
  it('prints the JSON Schema as draft-07 and exits with 0', () => {
    let text = '';
    expect(schema({ table: fakeTable, write: (part) => (text += part) })).toBe(0);
    expect(JSON.parse(text)).toEqual(json);
    expect(json).toMatchObject({ $schema: 'http://json-schema.org/draft-07/schema#', $id: 'urn:hookkeeper:config:1' });
    expect([at('title'), at('description')]).not.toContain(undefined);
  });

  it('allows no unknown key anywhere', () => {
    const objects = objectsIn(json);
    expect(objects.length).toBeGreaterThan(8);
    for (const object of objects) expect(object).toHaveProperty('additionalProperties');
  });

  it('asks for exactly one kind in a task', () => {
    expect(task('oneOf')).toEqual([{ required: ['work'] }, { required: ['pause'] }]);
    expect(task('required')).toEqual(['name']);
  });

  it('asks for a hook in a container, and for some container', () => {
    expect(at('definitions', 'container', 'anyOf')).toEqual([{ required: ['postStart'] }, { required: ['preStop'] }]);
    expect(at('definitions', 'process', 'minProperties')).toBe(1);
    expect(at('definitions', 'undo', 'oneOf')).toEqual(task('oneOf'));
    expect(at('properties', 'containers')).toMatchObject({ minProperties: 1, maxProperties: LIMITS.containers });
  });

  it('describes what it defines, and what containers are called', () => {
    const definitions = Object.entries(Object(at('definitions')));
    expect(definitions.map(([name]) => name)).toEqual(expect.arrayContaining(['task', 'steps', 'group', 'undo']));
    for (const [name, definition] of definitions.filter(([key]) => key !== 'process'))
      expect(definition, name).toHaveProperty('description', expect.stringMatching(/\.$/));
    expect(at('properties', 'containers', 'propertyNames', 'description')).toMatch(/\.$/);
    expect(task('description')).toContain('work, pause');
  });

  it('describes every field', () => {
    const defined = ['task', 'container', 'process', 'group', 'undo'].map((name) => at('definitions', name));
    const inPlace = [at('properties', 'grace'), at('properties', 'access'), at('properties', 'lifecycle')];
    for (const object of [json, ...defined, ...inPlace, task('properties', 'retry')]) {
      const properties = isMapping(object) ? object['properties'] : undefined;
      const entries = Object.entries(isMapping(properties) ? properties : {});
      expect(entries.length).toBeGreaterThan(0);
      for (const [name, field] of entries.filter(([key]) => !['work', 'pause'].includes(key)))
        expect(field, name).toHaveProperty('description', expect.stringMatching(/\.$/));
    }
  });

  it('has the defaults of the one table', () => {
    const defaultOf = (field: unknown) => valueAt(field, ['default']);
    const retry = (name: string) => defaultOf(task('properties', 'retry', 'properties', name));
    expect(['attempts', 'minDelay', 'maxDelay', 'factor', 'jitter'].map(retry)).toEqual([
      DEFAULTS.retry.attempts,
      formatDuration(DEFAULTS.retry.minDelayMs),
      formatDuration(DEFAULTS.retry.maxDelayMs),
      DEFAULTS.retry.factor,
      DEFAULTS.retry.jitter,
    ]);
    const ofTask = ['priority', 'minimum', 'onFailure', 'onInterrupted'].map((name) =>
      defaultOf(task('properties', name)),
    );
    const { priority, minimumMs, onFailure, onInterrupted } = DEFAULTS.task;
    expect(ofTask).toEqual([priority, formatDuration(minimumMs), onFailure, onInterrupted]);
    const grace = JSON.stringify(at('properties', 'grace'));
    for (const ms of [DEFAULTS.grace.periodMs, DEFAULTS.grace.reserveMs])
      expect(grace).toContain(`Default: ${formatDuration(ms)}`);
    const container = JSON.stringify(at('definitions', 'container'));
    for (const ms of [DEFAULTS.postStart.timeoutMs, DEFAULTS.postStart.dedupeWindowMs])
      expect(container).toContain(`"default":"${formatDuration(ms)}"`);
  });

  it('and `check` agree on what is good', () => {
    const text = readFileSync(join(import.meta.dirname, '..', 'fixtures', 'config', 'good.yaml'), 'utf8');
    expect(isValid(json, parse(text))).toBe(true);
  });

  const app = (hooks: string) => `version: 1\ncontainers: { app: { ${hooks} } }`;

  it.each([
    ['a version of the future', 'version: 2\ncontainers: { app: { postStart: [] } }'],
    ['no version', 'containers: { app: { postStart: [] } }'],
    ['no container', 'version: 1\ncontainers: {}'],
    ['a container without hooks', 'version: 1\ncontainers: { app: {} }'],
    ['a bad container name', 'version: 1\ncontainers: { App: { postStart: [] } }'],
    ['an unknown key', 'version: 1\nport: 1\ncontainers: { app: { postStart: [] } }'],
    ['a duration without a unit', app('postStart: { tasks: [], timeout: 30 }')],
    ['a duration with a bad unit', app('postStart: { tasks: [], timeout: 3d }')],
    ['a dedupe window of a preStop', app('postStart: [], preStop: { tasks: [], dedupeWindow: 3s }')],
    ['a task without a name', app('postStart: [{ pause: 1s }]')],
    ['a task without a kind', app('postStart: [{ name: a }]')],
    ['a task with two kinds', app('postStart: [{ name: a, pause: 1s, work: { command: [x] } }]')],
    ['an unknown priority', app('postStart: [{ name: a, pause: 1s, priority: high }]')],
    ['too many attempts', app('postStart: [{ name: a, pause: 1s, retry: { attempts: 101 } }]')],
    ['a group with a name', app('postStart: [{ name: a, parallel: [{ name: b, pause: 1s }] }]')],
    ['an empty group', app('postStart: [{ parallel: [] }]')],
    ['a group in a group', app('postStart: [{ parallel: [{ parallel: [{ name: b, pause: 1s }] }] }]')],
    ['a key that nothing implements', app('postStart: [{ name: a, pause: 1s, redo: { pause: 1s } }]')],
  ])('and `check` agree that %s is wrong', (_, text) => {
    expect(isValid(json, parse(text))).toBe(false);
    expect(loadConfig({ text, file: 'hooks.yaml', table: fakeTable, env: {} }).ok).toBe(false);
  });
});
