import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { COMMANDS } from '../../src/cli/commands.ts';
import { checkManifests } from '../../src/manifests/check-manifests.ts';
import { taskTable } from '../../src/tasks/table.ts';

const GOOD = readFileSync(join(import.meta.dirname, '..', 'fixtures', 'manifests', 'good.yaml'), 'utf8');
const [CONFIG_MAP = '', DEPLOYMENT = ''] = GOOD.split('---\n');
const BAD = DEPLOYMENT.replace('path: /prestop/app', 'path: /prestop/ap');

function check(texts: Readonly<Record<string, string>>, config?: string) {
  const manifests = Object.entries(texts).map(([file, text]) => ({ file, text }));
  const named = config === undefined ? undefined : { file: 'hooks.yaml', text: config };
  const { findings, checked } = checkManifests({ manifests, config: named, table: taskTable });
  return { checked, found: findings.map(({ code, place }) => `${place.file}:${place.line} ${code}`) };
}

/** The pod template of a Deployment. */
function templateOf(text: string): unknown {
  return parse(text).spec.template;
}

const line = (text: string, piece: string) => text.slice(0, text.indexOf(piece)).split('\n').length;

describe('the manifests that are looked at', () => {
  it.each([
    ['Pod', (template: object) => ({ ...template })],
    ['PodTemplate', (template: object) => ({ template })],
    ['StatefulSet', (template: object) => ({ spec: { template } })],
    ['DaemonSet', (template: object) => ({ spec: { template } })],
    ['ReplicaSet', (template: object) => ({ spec: { template } })],
    ['Rollout', (template: object) => ({ spec: { template } })],
    ['Job', (template: object) => ({ spec: { template } })],
    ['CronJob', (template: object) => ({ spec: { jobTemplate: { spec: { template } } } })],
  ])('has the pod of a %s', (kind, wrap) => {
    const object = (text: string) => {
      const template = templateOf(text);
      if (typeof template !== 'object' || template === null) throw new Error('no template');
      return stringify({ apiVersion: 'v1', ...wrap(template), kind, metadata: { name: 'web' } });
    };
    expect(check({ 'a.yaml': object(DEPLOYMENT), 'b.yaml': CONFIG_MAP })).toEqual({
      checked: [`${kind} web`],
      found: [],
    });
    const bad = object(BAD);
    expect(check({ 'a.yaml': bad, 'b.yaml': CONFIG_MAP }).found).toEqual([
      `a.yaml:${line(bad, 'path: /prestop/ap\n')} hook-container`,
      `a.yaml:${line(bad, 'path: /prestop/ap\n')} hook-unconfigured`,
    ]);
  });

  it('may keep the journal of a DaemonSet in a folder of the node, which no other of its pods has', () => {
    const onNode = DEPLOYMENT.replace(
      'journal, emptyDir: {}',
      'journal, hostPath: { path: /var/lib/web, type: DirectoryOrCreate }',
    );
    const found = (text: string) => check({ 'a.yaml': text, 'b.yaml': CONFIG_MAP }).found;
    expect(found(onNode)).toEqual([expect.stringContaining('journal-shared')]);
    expect(found(onNode.replace('kind: Deployment', 'kind: DaemonSet'))).toEqual([]);
  });

  it('are for Windows by the affinity to nodes, too, where no other system would do', () => {
    const on = (...systems: readonly string[]) =>
      DEPLOYMENT.replace(
        '      initContainers:\n',
        `      affinity:
        nodeAffinity:
          requiredDuringSchedulingIgnoredDuringExecution:
            nodeSelectorTerms:
              - matchExpressions: [{ key: kubernetes.io/os, operator: In, values: [${systems.join()}] }]
      initContainers:\n`,
      );
    const found = (text: string) => check({ 'a.yaml': text, 'b.yaml': CONFIG_MAP }).found;
    expect(found(on('windows'))).toEqual([`a.yaml:${line(on('windows'), '[windows]')} pod-windows`]);
    expect(found(on('linux'))).toEqual([]);
    expect(found(on('linux', 'windows'))).toEqual([]);
  });

  it('may say yes and no, as Kubernetes reads them', () => {
    const onNode = DEPLOYMENT.replace(
      '      terminationGrace',
      '      hostNetwork: yes\n      automountServiceAccountToken: No\n      terminationGrace',
    );
    const found = (text: string) => check({ 'a.yaml': text, 'b.yaml': CONFIG_MAP }).found;
    expect(found(onNode)).toEqual([expect.stringContaining('hook-host'), expect.stringContaining('hook-host')]);
    expect(found(onNode.replace('yes', 'off').replace('No', 'On'))).toEqual([]);
  });

  it('has those of a List, with their own lines, and in JSON', () => {
    const list = JSON.stringify({ kind: 'List', items: [parse(CONFIG_MAP), parse(BAD)] }, undefined, 1);
    const at = line(list, '"/prestop/ap"');
    expect(check({ 'list.json': list }).found).toEqual([
      `list.json:${at} hook-container`,
      `list.json:${at} hook-unconfigured`,
    ]);
  });

  it('has those of several documents and files, in their order, and says nothing of others', () => {
    const service = 'apiVersion: v1\nkind: Service\nmetadata: { name: web }\n';
    const other = 'apiVersion: v1\nkind: Pod\nmetadata: { name: other }\nspec: { containers: [{ name: a }] }\n';
    const first = [service, other, BAD].join('---\n');
    const { checked, found } = check({ 'first.yaml': first, 'second.yaml': `${CONFIG_MAP}---\n\n---\n${BAD}` });
    expect(checked).toEqual(['Deployment web', 'Deployment web']);
    expect(found.map((each) => each.replace(/\d+ .*/, ''))).toEqual([
      'first.yaml:',
      'first.yaml:',
      'second.yaml:',
      'second.yaml:',
    ]);
  });

  it('follows anchors, aliases and merge keys, as the tools of Kubernetes do', () => {
    const text = DEPLOYMENT.replace(
      'path: /poststart/app\n                port: 9740',
      'path: /poststart/app\n                port: &port 9740',
    ).replace(
      'path: /prestop/app\n                port: 9740',
      '<<: { path: /prestop/app }\n                port: *port',
    );
    expect(check({ 'web.yaml': text, 'config.yaml': CONFIG_MAP }).found).toEqual([]);
  });

  it('are unusable without a pod that has to do with Hookkeeper, or as no YAML: a check that looked at nothing must not pass', () => {
    expect(check({ 'config.yaml': CONFIG_MAP }).found).toEqual(['config.yaml:1 unusable']);
    expect(check({ 'web.yaml': 'kind: Pod\nspec: [' }).found).toEqual(['web.yaml:2 unusable']);
    expect(check({ 'web.yaml': '*nowhere' }).found).toEqual(['web.yaml:1 unusable']);
    expect(check({ 'web.yaml': `${'['.repeat(100_000)}` }).found).toHaveLength(1);
  });

  it('are told what is no YAML in them, and nothing of what stands in them', () => {
    const remedy = (text: string) => {
      const [finding] = checkManifests({
        manifests: [{ file: 'a.yaml', text }],
        config: undefined,
        table: taskTable,
      }).findings;
      return finding?.fix;
    };
    expect(remedy('kind: Pod\nmetadata:\n\tname: web')).toBe('indent with spaces, as YAML allows no tabs');
    expect(remedy('kind: Secret\nstringData:\n  password: |hunter2')).not.toMatch(/hunter2/);
    expect(remedy('name: {{ .Values.name }}')).toContain('render it first');
  });

  it.each([
    'null',
    '[]',
    '"text"',
    '{kind: Pod}',
    '{kind: Pod, spec: 5}',
    '{kind: List, items: {}}',
    '{kind: constructor}',
  ])('may be as odd as %s without harm', (text) => {
    expect(check({ 'odd.yaml': text }).found).toEqual(['odd.yaml:1 unusable']);
  });

  it('may have odd parts without harm', () => {
    for (const [piece, odd] of [
      ['{ name: http, containerPort: 8080 }', '5'],
      [
        '              httpGet:\n                path: /prestop/app\n                port: 9740\n',
        '              httpGet: []\n',
      ],
      ['volumes:\n', 'volumes: {}\n      other:\n'],
      ['name: app\n', 'name: [app]\n'],
      ['startupProbe:\n            httpGet: { path: /readyz, port: 9741 }', 'startupProbe: true'],
    ] as const) {
      expect(DEPLOYMENT).toContain(piece);
      expect(() => check({ 'web.yaml': DEPLOYMENT.replace(piece, odd), 'config.yaml': CONFIG_MAP })).not.toThrow();
    }
  });
});

describe('the container of Hookkeeper', () => {
  const sidecar = (text: string) =>
    DEPLOYMENT.replace('          restartPolicy: Always\n', `          restartPolicy: Always\n${text}`);
  const codes = (text: string) => check({ 'web.yaml': text, 'config.yaml': CONFIG_MAP }).found.join();

  it.each(COMMANDS.map(({ name }) => name))('is one that serves, and running %s is not mistaken for it', (command) => {
    const found = codes(sidecar(`          command: [/usr/bin/tini, --, hookkeeper]\n          args: [${command}]\n`));
    expect(found.includes('sidecar-missing')).toBe(command !== 'serve');
  });

  it.each([
    ['command: [sh, -c, "exec hookkeeper serve --port=9800"]', false],
    ['command: [node, /usr/local/lib/hookkeeper/hookkeeper.cjs, serve, --port, "9800"]', false],
    ['args: [serve]', true],
    ['args: [serve, "--port=$(PORT)"]', true],
  ])('has its port from its flags: %s', (text, fits) => {
    expect(codes(sidecar(`          ${text}\n`)).includes('hook-port')).toBe(!fits);
  });
});

describe('the config that goes with them', () => {
  const BROKEN = CONFIG_MAP.replace('sleep: 5s', 'sleep: 5');

  it('is the one that was named, before a ConfigMap', () => {
    const config = 'version: 1\ngrace: { period: 45s }\ncontainers:\n  web: { postStart: [], preStop: [] }\n';
    const { found } = check({ 'web.yaml': DEPLOYMENT, 'config.yaml': BROKEN }, config);
    expect(found).toContain('hooks.yaml:4 container-unknown');
    expect(found.join()).not.toContain('config.yaml');
  });

  it('is told by the lines of the file with the ConfigMap, also where it stands in quotes', () => {
    expect(check({ 'web.yaml': DEPLOYMENT, 'config.yaml': BROKEN }).found).toEqual([
      `config.yaml:${line(BROKEN, 'sleep: 5')} config`,
    ]);
    const quoted = JSON.stringify(parse(BROKEN), undefined, 2);
    expect(check({ 'web.yaml': DEPLOYMENT, 'config.json': quoted }).found).toEqual([
      `config.json:${line(quoted, '"hooks.yaml"')} config`,
    ]);
  });

  it('is not that of another namespace', () => {
    const elsewhere = CONFIG_MAP.replace('  name: web-hooks', '  name: web-hooks\n  namespace: other');
    const here = DEPLOYMENT.replace('  name: web\n', '  name: web\n  namespace: shop\n');
    expect(check({ 'web.yaml': here, 'config.yaml': elsewhere }).found.join()).toContain('config-unknown');
    expect(check({ 'web.yaml': DEPLOYMENT, 'config.yaml': elsewhere }).found).toEqual([]);
  });

  it('is of several hooks.yaml the one in the folder of the manifest', () => {
    const config = parse(CONFIG_MAP).data['hooks.yaml'];
    const other = 'version: 1\ncontainers: { other: { preStop: [{ name: notice, sleep: 5s }] } }\n';
    const files = { 'other/hooks.yaml': other, 'web/hooks.yaml': config, 'web/web.yaml': DEPLOYMENT };
    expect(check(files).found).toEqual([]);
    expect(check({ ...files, 'web/hooks.yaml': other }).found).toContain('web/hooks.yaml:2 container-unknown');
    const elsewhere = { 'a/hooks.yaml': config, 'b/hooks.yaml': other, 'web.yaml': `${CONFIG_MAP}---\n${DEPLOYMENT}` };
    expect(check(elsewhere).found).toEqual([]);
  });

  it('is of several in one folder the one with a container of the pod; where all have one, it is not guessed', () => {
    const other = 'version: 1\ncontainers: { other: { preStop: [{ name: notice, sleep: 5s }] } }\n';
    const config = parse(CONFIG_MAP).data['hooks.yaml'];
    expect(check({ 'other.hooks.yaml': other, 'web.hooks.yaml': config, 'web.yaml': DEPLOYMENT }).found).toEqual([]);
    const both = check({ 'a.yaml': other.replace('other:', 'app:'), 'b.yaml': config, 'web.yaml': DEPLOYMENT });
    expect(both.found).toEqual([expect.stringMatching(/^web\.yaml:\d+ config-unknown$/)]);
  });

  it('is the ConfigMap of the pod before a hooks.yaml of another folder, which is that of another pod', () => {
    const other = 'version: 1\ncontainers: { other: { preStop: [{ name: notice, sleep: 5s }] } }\n';
    const files = { 'other/hooks.yaml': other, 'web/web.yaml': `${CONFIG_MAP}---\n${DEPLOYMENT}` };
    expect(check(files).found).toEqual([]);
    const config = parse(CONFIG_MAP).data['hooks.yaml'];
    expect(check({ 'config/hooks.yaml': config, 'web/web.yaml': DEPLOYMENT }).found).toEqual([]);
  });

  it('is a hooks.yaml in the same folder, where there is one', () => {
    const config = parse(CONFIG_MAP).data['hooks.yaml'];
    expect(check({ 'hooks.yaml': config, 'web.yaml': DEPLOYMENT }).found).toEqual([]);
  });

  it('has what is wrong with the environment of the sidecar told there', () => {
    const text = DEPLOYMENT.replace('value: "45"', 'value: soon');
    expect(check({ 'web.yaml': text, 'config.yaml': CONFIG_MAP }).found).toEqual([
      `web.yaml:${line(text, '- name: HOOKKEEPER_GRACE_PERIOD')} config`,
    ]);
  });

  it('of several workloads is told once', () => {
    const two = `${DEPLOYMENT}---\n${DEPLOYMENT.replace('  name: web\n', '  name: web-2\n')}`;
    expect(check({ 'web.yaml': two, 'config.yaml': BROKEN }).found).toHaveLength(1);
  });
});
