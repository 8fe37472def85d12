import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import { sidecarContainer, sidecarVolumes } from '../../src/inject/sidecar-container.ts';
import { EXAMPLES, objectsOf } from './documents.ts';

const container = z.looseObject({
  name: z.string(),
  securityContext: z.looseObject({}),
  env: z.array(z.looseObject({ name: z.string() })),
  volumeMounts: z.array(z.looseObject({ name: z.string() })),
});
const podSpec = z.looseObject({
  securityContext: z.looseObject({}).optional(),
  initContainers: z.array(container).optional(),
  containers: z.array(z.looseObject({ name: z.string() })).optional(),
  volumes: z.array(z.unknown()),
});
const workload = z.looseObject({ spec: z.looseObject({ template: z.looseObject({ spec: podSpec }) }) });

const IMAGE = 'hookkeeper:0.1.0';
const settings = { image: IMAGE, graceSeconds: 45, knowsPodName: true, takenPortNames: [], mounts: [] };
const native = sidecarContainer({ ...settings, role: 'native' });
const regular = sidecarContainer({ ...settings, role: 'regular' });

function specOf(...path: readonly string[]) {
  const objects = objectsOf(readFileSync(join(EXAMPLES, ...path), 'utf8'), path.join('/'));
  const deployment = objects.find(({ kind }) => kind !== 'Service');
  return workload.parse(deployment?.value).spec.template.spec;
}

describe('the sidecar that inject adds is that of the examples', () => {
  it.each([
    ['quickstart', native, 'initContainers'],
    ['regular-sidecar', regular, 'containers'],
  ] as const)('%s, whose pod has said what the container says elsewhere', (folder, expected, list) => {
    const spec = specOf(folder, 'deployment.yaml');
    const found = container.parse(spec[list]?.[0]);
    const { fsGroup: _, ...ofPod } = spec.securityContext ?? {};
    const volumeMounts = found.volumeMounts.map((mount) => ({ ...mount, name: `hookkeeper-${mount.name}` }));
    const whole = { ...found, securityContext: { ...ofPod, ...found.securityContext }, volumeMounts };
    expect(whole).toEqual(expected);
  });

  it.each([
    ['native', native],
    ['regular', regular],
  ])('%s: as somebody without rights, on a read-only root, without capabilities', (_role, sidecar) => {
    expect(sidecar['securityContext']).toMatchObject({
      runAsNonRoot: true,
      runAsUser: 65_532,
      readOnlyRootFilesystem: true,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
    });
  });

  it('kustomize, which cannot know the grace period', () => {
    const spec = specOf('kustomize', 'component', 'sidecar.yaml');
    const [found] = spec.initContainers ?? [];
    const grace = { name: 'HOOKKEEPER_GRACE_PERIOD', value: '45' };
    expect({ ...found, env: [grace, ...(found?.env ?? [])] }).toEqual(native);
    expect(spec.volumes).toEqual(sidecarVolumes('hookkeeper-hooks'));
  });

  it('the admission policy', () => {
    const policy = objectsOf(readFileSync(join(EXAMPLES, 'inject', 'policy.yaml'), 'utf8'), 'policy.yaml')[0];
    const expressions = z
      .looseObject({
        spec: z.looseObject({ mutations: z.array(z.looseObject({ jsonPatch: z.object({ expression: z.string() }) })) }),
      })
      .parse(policy?.value)
      .spec.mutations.map(({ jsonPatch }) => jsonPatch.expression);
    const literal = /Object\.spec\.initContainers(\{[\s\S]*\n *\})\n *\}\n *\]/.exec(expressions[0] ?? '')?.[1] ?? '';
    // CEL's typed objects are YAML with braces when the types are left out.
    const plain = literal.replace(/Object(\.\w+)+(?=\{)/g, '').replace('variables.grace', "'45'");
    expect(parse(plain)).toEqual(native);
    const volumes = [...(expressions[1] ?? '').matchAll(/value: Object\.spec\.volumes(\{[\s\S]*?\n *\})\n *\}/g)].map(
      ([, text = '']) => {
        return parse(text.replace(/Object(\.\w+)+(?=\{)/g, '').replace(/object\.metadata\S*?\]/, "'web-hookkeeper'"));
      },
    );
    expect(volumes).toEqual(sidecarVolumes('web-hookkeeper'));
  });
});
