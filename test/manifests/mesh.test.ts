import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkManifests } from '../../src/manifests/check-manifests.ts';
import { taskTable } from '../../src/tasks/table.ts';

const GOOD = readFileSync(join(import.meta.dirname, '..', 'fixtures', 'manifests', 'good.yaml'), 'utf8');
const LABELS = '      labels: { app: web }\n';
const CONTAINER = '        - name: proxy\n';

/** The lines at which the pod is found to leave its hooks to Istio. */
function foundAt(piece: string, instead: string): string[] {
  expect(GOOD.split(piece).length).toBe(2);
  const text = GOOD.replace(piece, () => instead);
  const manifests = [{ file: 'web.yaml', text }];
  return checkManifests({ manifests, config: undefined, table: taskTable })
    .findings.filter(({ code }) => code === 'istio-rewrite')
    .map(({ place }) => text.split('\n')[place.line - 1]?.trim() ?? '');
}

describe("a pod in Istio's mesh", () => {
  it.each([
    ['a label', LABELS, '      labels: { app: web, sidecar.istio.io/inject: "true" }\n'],
    ['an annotation', LABELS, `${LABELS}      annotations: { sidecar.istio.io/inject: "true" }\n`],
    ["its proxy's settings", LABELS, `${LABELS}      annotations: { proxy.istio.io/config: "{}" }\n`],
    ['the proxy that was put in', CONTAINER, '        - name: istio-proxy\n'],
  ])('is known by %s, and has its hooks rewritten', (_, piece, instead) => {
    expect(foundAt(piece, instead)).toHaveLength(1);
  });

  it('is shown where it asks for the rewriting itself', () => {
    const asks =
      '      annotations: { proxy.istio.io/config: "{}",\n        sidecar.istio.io/rewriteAppHTTPProbers: "true" }\n';
    expect(foundAt(LABELS, `${LABELS}${asks}`)).toEqual(['sidecar.istio.io/rewriteAppHTTPProbers: "true" }']);
  });

  it.each([
    ['that has no proxy', '{ sidecar.istio.io/inject: "false", proxy.istio.io/config: "{}" }'],
    ['of the ambient mode', '{ ambient.istio.io/redirection: enabled }'],
    ['that says nothing of it', '{ example.com/proxy.istio.io: "true" }'],
  ])('is not one %s', (_, annotations) => {
    expect(foundAt(LABELS, `${LABELS}      annotations: ${annotations}\n`)).toEqual([]);
  });
});
