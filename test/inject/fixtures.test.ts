import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { inject } from '../../src/inject/inject.ts';
import { takeOutOfFiles } from '../../src/inject/take-out-files.ts';
import { checkManifests } from '../../src/manifests/check-manifests.ts';
import { readManifests } from '../../src/manifests/read-manifests.ts';
import { objectsOf } from '../../src/manifests/workload.ts';
import { taskTable } from '../../src/tasks/table.ts';
import type { KubernetesObject } from '../examples/documents.ts';
import { typeErrors } from '../examples/kubernetes-types.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';
import { diffOf, FIXTURES, inputFor, MANIFESTS, readFixture } from './fixtures.ts';

function injected(text: string, { config, regular }: (typeof MANIFESTS)[number]): string {
  const result = inject(inputFor(text, readFixture(config), { role: regular ? 'regular' : 'native' }));
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.files[0]?.text ?? '';
}

function taken(text: string): string {
  const result = takeOutOfFiles([{ file: 'web.yaml', text }], { keepChanged: false });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.files[0]?.text ?? '';
}

/** The objects of a text, those of a list one by one. */
function everyObject(text: string): KubernetesObject[] {
  const read = readManifests(text, 'web.yaml');
  if (!read.ok) throw new Error(read.reason);
  return objectsOf(read.documents).map((object) => {
    const [apiVersion, kind] = [object.at('apiVersion').written, object.at('kind').written];
    return { where: 'web.yaml', apiVersion, kind, value: object.value };
  });
}

describe.each(MANIFESTS)('a manifest $style ($file)', (fixture) => {
  const text = readFixture(fixture.file);

  /** `UPDATE=1 npx vitest run test/inject` writes the diffs instead of comparing them: review what has changed. */
  it('gets exactly the reviewed diff', async () => {
    const diff = await diffOf(text, injected(text, fixture));
    const file = join(FIXTURES, `${fixture.file}.diff`);
    if (process.env['UPDATE'] === '1') writeFileSync(file, diff);
    else expect(diff).toBe(readFixture(`${fixture.file}.diff`));
  });

  it('is the same after a second time', () => {
    const once = injected(text, fixture);
    expect(injected(once, fixture)).toBe(once);
  });

  it('is what it was when it is taken out again, byte for byte', () => {
    expect(taken(injected(text, fixture))).toBe(text);
    expect(taken(text)).toBe(text);
  });

  it('has no error for check --manifest, which finds the config in the ConfigMap', () => {
    const manifests = [{ file: 'web.yaml', text: injected(text, fixture) }];
    const { findings, checked } = checkManifests({ manifests, config: undefined, table: taskTable });
    expect(checked.length).toBeGreaterThan(0);
    expect(findings.filter(({ severity, code }) => severity === 'error' || code === 'config-unknown')).toEqual([]);
  });

  it('stays what it was: JSON is JSON', () => {
    if (fixture.file.endsWith('.json')) JSON.parse(injected(text, fixture));
    else expect(() => JSON.parse(injected(text, fixture))).toThrow();
  });
});

/** Without what is empty, in the order of kinds and names: kustomize sorts and drops. */
function sortedObjects(text: string): unknown[] {
  const withoutNull = (_key: string, value: unknown) => (value === null ? undefined : value);
  const named = everyObject(text).map(({ kind, value }) => {
    const plain = JSON.stringify(value, withoutNull);
    return {
      key: `${kind} ${z.object({ metadata: z.object({ name: z.string() }) }).parse(value).metadata.name}`,
      plain,
    };
  });
  return named.toSorted((a, b) => a.key.localeCompare(b.key)).map(({ plain }) => JSON.parse(plain));
}

/** A machine may have none. */
const hasKubectl = spawnSync('kubectl', ['version', '--client']).status === 0;

describe.skipIf(!hasKubectl)('kubectl', () => {
  it.each(MANIFESTS)('reads $file with Hookkeeper as it is read here', async (fixture) => {
    const folder = await temporaryFolder();
    const text = injected(readFixture(fixture.file), fixture);
    writeFileSync(join(folder, 'injected.yaml'), text);
    writeFileSync(join(folder, 'kustomization.yaml'), 'resources: [injected.yaml]\n');
    const read = execFileSync('kubectl', ['kustomize', folder], { encoding: 'utf8', timeout: 20_000 });
    expect(sortedObjects(read)).toEqual(sortedObjects(text));
  });
});

it("agrees with Kubernetes' own types, all of them", async () => {
  const after = MANIFESTS.flatMap((fixture) => everyObject(injected(readFixture(fixture.file), fixture)));
  expect(after.length).toBeGreaterThan(2 * MANIFESTS.length);
  // kubectl itself writes `creationTimestamp: null`.
  const ofKubectl =
    /^web\.yaml\(\d+,\d+\): error TS2322: Type 'null' is not assignable to type 'string \| undefined'\.$/;
  expect(await typeErrors(after)).toEqual([expect.stringMatching(ofKubectl)]);
});
