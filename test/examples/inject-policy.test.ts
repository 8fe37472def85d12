import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Environment } from '@marcbachmann/cel-js';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { EXAMPLES, objectsOf } from './documents.ts';
import { typeErrors } from './kubernetes-types.ts';

const named = z.object({ name: z.string(), expression: z.string() });
const policySchema = z.object({
  spec: z.object({
    matchConditions: z.array(named),
    variables: z.array(named),
    mutations: z.array(z.object({ jsonPatch: z.object({ expression: z.string() }) })),
  }),
});
const [first] = objectsOf(readFileSync(join(EXAMPLES, 'inject', 'policy.yaml'), 'utf8'), 'inject/policy.yaml');
const policy = policySchema.parse(first?.value).spec;

// The typed objects become maps of mixed values below.
const cel = new Environment({ homogeneousAggregateLiterals: false, unlistedVariablesAreDyn: true });
const evaluate = (expression: string, context: Readonly<Record<string, unknown>>): unknown =>
  cel.evaluate(expression, context);

/** CEL as far as the evaluator here knows it: the API server's typed objects become maps. */
function withMaps(expression: string): string {
  const keys = expression.replace(/([{,]\s*)([a-z]\w*): /gi, (_all, before, key) => `${before}'${key}': `);
  return keys.replace(/\b(JSONPatch|Object(\.\w+)+)\{/g, '{');
}

const patchSchema = z.array(z.object({ op: z.literal('add'), path: z.string(), value: z.unknown() }));

/** JSON Patch, as far as `add` goes (RFC 6902). Throws for a parent that is not there, as the API server does. */
function add(target: unknown, path: string, value: unknown): void {
  const steps = path.slice(1).split('/');
  const last = steps.pop() ?? '';
  const parent = steps.reduce<unknown>(
    (at, step) => (typeof at === 'object' && at !== null ? Reflect.get(at, step) : undefined),
    target,
  );
  if (Array.isArray(parent)) parent.splice(last === '-' ? parent.length : Number(last), 0, value);
  else if (typeof parent === 'object' && parent !== null) Reflect.set(parent, last, value);
  else throw new Error(`${path} has no parent`);
}

interface Pod {
  readonly metadata: unknown;
  readonly spec: Readonly<Record<string, unknown>>;
}

/** What the API server makes of a pod; undefined when the policy is not for it. */
function admit(pod: Pod): unknown {
  const object = structuredClone(pod);
  if (policy.matchConditions.some(({ expression }) => evaluate(expression, { object }) !== true)) return undefined;
  for (const { jsonPatch } of policy.mutations) {
    const variables = Object.fromEntries(
      policy.variables.map(({ name, expression }) => [name, evaluate(expression, { object })]),
    );
    for (const { path, value } of patchSchema.parse(evaluate(withMaps(jsonPatch.expression), { object, variables }))) {
      add(
        object,
        path,
        JSON.parse(JSON.stringify(value, (_key, each: unknown) => (typeof each === 'bigint' ? Number(each) : each))),
      );
    }
  }
  return object;
}

const asks = (annotations: Readonly<Record<string, string>> = {}) => ({
  metadata: { name: 'web-1', annotations: { 'hookkeeper/inject': 'web-hooks', ...annotations } },
});
const web = { name: 'web', image: 'your-app' };

describe('the admission policy', () => {
  it('leaves a pod alone that does not ask, or has the sidecar', () => {
    expect(admit({ metadata: {}, spec: { containers: [web] } })).toBeUndefined();
    expect(admit({ metadata: { annotations: {} }, spec: { containers: [web] } })).toBeUndefined();
    expect(admit({ ...asks(), spec: { containers: [web], initContainers: [{ name: 'hookkeeper' }] } })).toBeUndefined();
  });

  it.each([
    ['no list', undefined, ['hookkeeper']],
    ['an empty list', [], ['hookkeeper']],
    ['others', [{ name: 'migrate' }, { name: 'warm' }], ['hookkeeper', 'migrate', 'warm']],
  ])('puts the sidecar first where there is %s of init containers', (_what, initContainers, names) => {
    const spec = { containers: [web], ...(initContainers === undefined ? {} : { initContainers }) };
    expect(admit({ ...asks(), spec })).toMatchObject({ spec: { initContainers: names.map((name) => ({ name })) } });
  });

  it("copies the pod's grace period into the environment, and the ConfigMap's name into the volume", () => {
    const admitted = admit({
      ...asks(),
      spec: { containers: [web], terminationGracePeriodSeconds: 75, volumes: [{ name: 'own' }] },
    });
    expect(admitted).toMatchObject({
      spec: {
        initContainers: [{ restartPolicy: 'Always', env: [{ name: 'HOOKKEEPER_GRACE_PERIOD', value: '75' }, {}] }],
        volumes: [{ name: 'own' }, { configMap: { name: 'web-hooks' } }, { emptyDir: {} }],
      },
    });
    expect(admit({ ...asks(), spec: { containers: [web] } })).toMatchObject({
      spec: { initContainers: [{ env: [{ value: '30' }, {}] }] },
    });
  });

  it('adds the hooks that are asked for, to the containers that are named', () => {
    const annotations = { 'hookkeeper/post-start': 'web', 'hookkeeper/pre-stop': 'web,worker' };
    const containers = [web, { name: 'proxy' }, { name: 'worker' }];
    expect(admit({ ...asks(annotations), spec: { containers } })).toMatchObject({
      spec: {
        containers: [
          {
            lifecycle: {
              postStart: { httpGet: { path: '/poststart/web', port: 9740 } },
              preStop: { httpGet: { path: '/prestop/web', port: 9740 } },
            },
          },
          { name: 'proxy' },
          { lifecycle: { preStop: { httpGet: { path: '/prestop/worker', port: 9740 } } } },
        ],
      },
    });
    expect(JSON.stringify(admit({ ...asks(annotations), spec: { containers } }))).not.toContain('/poststart/worker');
  });

  it('names the loopback as the host of the hooks of a pod on the network of its node, and no host else', () => {
    const annotations = { 'hookkeeper/post-start': 'web', 'hookkeeper/pre-stop': 'web' };
    const hostsWith = (more: object) => {
      const admitted = JSON.stringify(admit({ ...asks(annotations), spec: { containers: [web], ...more } }));
      return [...admitted.matchAll(/"host":"([^"]*)"/g)].map(([, host]) => host);
    };
    expect(hostsWith({ hostNetwork: true })).toEqual(['127.0.0.1', '127.0.0.1']);
    for (const more of [{}, { hostNetwork: false }]) expect(hostsWith(more)).toEqual(['', '']);
  });

  it('tells Hookkeeper the name of the pod where its host name is another one', () => {
    const isTold = (more: object) =>
      JSON.stringify(admit({ ...asks(), spec: { containers: [web], ...more } })).includes('"HOOKKEEPER_POD_NAME"');
    for (const more of [{ hostNetwork: true }, { hostname: 'web' }, { setHostnameAsFQDN: true }])
      expect(isTold(more)).toBe(true);
    for (const more of [{}, { hostNetwork: false, hostname: '', setHostnameAsFQDN: false }])
      expect(isTold(more)).toBe(false);
  });

  it('leaves a hook alone that is there, and adds the other', () => {
    const own = { preStop: { exec: { command: ['/drain'] } } };
    const annotations = { 'hookkeeper/post-start': 'web', 'hookkeeper/pre-stop': 'web' };
    expect(admit({ ...asks(annotations), spec: { containers: [{ ...web, lifecycle: own }] } })).toMatchObject({
      spec: { containers: [{ lifecycle: { ...own, postStart: { httpGet: { path: '/poststart/web' } } } }] },
    });
  });

  it("makes a pod that agrees with Kubernetes' own types, and names only types that they have", async () => {
    const annotations = { 'hookkeeper/post-start': 'web', 'hookkeeper/pre-stop': 'web' };
    const value = {
      apiVersion: 'v1',
      kind: 'Pod',
      ...Object(admit({ ...asks(annotations), spec: { containers: [web] } })),
    };
    expect(await typeErrors([{ where: 'pod', apiVersion: 'v1', kind: 'Pod', value }])).toEqual([]);
    const paths = policy.mutations.flatMap(({ jsonPatch }) => [
      ...jsonPatch.expression.matchAll(/Object\.([\w.]+)\{/g),
    ]);
    expect(paths.length).toBeGreaterThan(10);
    const whole = JSON.stringify(value);
    for (const [, path = ''] of paths) expect(whole).toContain(`"${path.split('.').at(-1)}":`);
  });

  it('has a query that finds the pods that ask and do not have it', () => {
    const annotations = { 'hookkeeper/pre-stop': 'web' };
    const good = admit({ ...asks(annotations), spec: { containers: [web] } });
    const lacking = { ...asks(annotations), spec: { containers: [{ ...web, lifecycle: { preStop: { sleep: {} } } }] } };
    const items = [good, lacking, { metadata: { name: 'other' }, spec: { containers: [web] } }];
    const told = execFileSync('jq', ['--raw-output', '--from-file', join(EXAMPLES, 'inject', 'missing.jq')], {
      input: JSON.stringify({ items }),
      encoding: 'utf8',
    });
    expect(told).toBe('default/web-1: has no sidecar; preStop of web goes elsewhere\n');
  });
});
