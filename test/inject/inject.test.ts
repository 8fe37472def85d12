import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { isMapping } from '../../src/config/finding.ts';
import { inject } from '../../src/inject/inject.ts';
import { takeOutOfFiles } from '../../src/inject/take-out-files.ts';
import { inputFor, readFixture } from './fixtures.ts';

const CONFIG = 'version: 1\ncontainers:\n  app: { postStart: [], preStop: [{ name: notice, sleep: 5s }] }\n';

function pod(containers: string, more = ''): string {
  return `apiVersion: v1\nkind: Pod\nmetadata: { name: web }\nspec:\n  terminationGracePeriodSeconds: 45\n${more}  containers:\n${containers}`;
}

const APP = '  - name: app\n    image: registry.example/app:1\n';

type More = NonNullable<Parameters<typeof inputFor>[2]>;

function injected(text: string, config = CONFIG, more: More = {}): string {
  const result = inject(inputFor(text, config, more));
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.files[0]?.text ?? '';
}

/** `LINE: MESSAGE` of all that stands in the way. */
function refused(text: string, config = CONFIG, more: More = {}): string[] {
  const result = inject(inputFor(text, config, more));
  if (result.ok) throw new Error('nothing stood in the way');
  return result.problems
    .filter(({ severity }) => severity === 'error')
    .map(({ place, message }) => `${place.file}:${place.line}: ${message}`);
}

function taken(text: string): string {
  const result = takeOutOfFiles([{ file: 'web.yaml', text }], { keepChanged: false });
  return result.ok ? (result.files[0]?.text ?? '') : 'unreadable';
}

describe('which container', () => {
  it('is each that the config names, in all pods that have one; other pods stay as they are', () => {
    const other = pod('  - name: other\n    image: x\n').replace('name: web', 'name: other');
    const result = injected(`${pod(APP)}---\n${other}`);
    expect(result.match(/name: hookkeeper$/gm)).toHaveLength(1);
    expect(result.endsWith(other)).toBe(true);
  });

  it('is the only one there is, whatever its name: the config of the ConfigMap has it', () => {
    const result = injected(pod('  - name: nginx\n    image: x\n'));
    expect(result).toContain('\n      "nginx": { postStart: []');
    expect(result).toContain('path: /prestop/nginx');
  });

  it('is that of the Deployment that a Rollout refers to', () => {
    const rollout =
      'kind: Rollout\nmetadata: { name: web }\nspec:\n  workloadRef: { apiVersion: apps/v1, kind: Deployment, name: web }\n';
    const text = `${rollout}---\n${pod(APP)}`;
    expect(injected(text).startsWith(`${rollout}---\n`)).toBe(true);
    expect(taken(injected(text))).toBe(text);
  });

  it('is the one that was asked for', () => {
    const two = pod('  - name: nginx\n    image: x\n  - name: log\n    image: y\n');
    const result = injected(two, CONFIG, { container: 'log' });
    expect(result).toContain('path: /prestop/log');
    expect(result).not.toContain('path: /prestop/nginx');
    expect(refused(two, CONFIG, { container: 'lgo' })).toEqual(['web.yaml:3: no pod has a container lgo']);
  });

  it('is not guessed among several', () => {
    const two = pod('  - name: nginx\n    image: x\n  - name: log\n    image: y\n');
    expect(refused(two)).toEqual(['web.yaml:3: no pod has a container of the config, which has app']);
    const twice = `${pod('  - name: nginx\n    image: x\n')}---\n${pod('  - name: log\n    image: y\n')}`;
    expect(refused(twice)).toEqual(['web.yaml:3: no pod has a container of the config, which has app']);
    expect(refused(pod(APP).replace('{ name: web }', '{}'))).toEqual([
      'web.yaml:2: Pod (no name): it has no name, and the ConfigMap needs one',
    ]);
    expect(refused('kind: Service\nmetadata: { name: web }\n')).toEqual(['web.yaml:1: none of the files has a pod']);
  });
});

describe('what stands in the way', () => {
  it('is a hook of its own, which is never overwritten, and all such are told at once', () => {
    const lifecycle = '    lifecycle: { postStart: { exec: { command: [a] } }, preStop: { sleep: { seconds: 5 } } }\n';
    expect(refused(pod(`${APP}${lifecycle}`))).toEqual([
      'web.yaml:9: Pod web: app has a postStart of its own, and inject leaves it',
      'web.yaml:9: Pod web: app has a preStop of its own, and inject leaves it',
    ]);
  });

  it('is a Hookkeeper that somebody put in by hand', () => {
    const own =
      '  initContainers:\n  - name: drain\n    image: registry.example/hookkeeper:0.1.0\n    restartPolicy: Always\n';
    expect(refused(pod(APP, own))).toEqual([
      'web.yaml:7: Pod web: drain is Hookkeeper already, and was not put in by inject',
    ]);
  });

  it('is a volume or a ConfigMap that has the name', () => {
    const volumes = '  volumes:\n  - { name: hookkeeper-hooks, emptyDir: {} }\n';
    expect(refused(pod(APP, volumes))).toEqual([
      'web.yaml:7: Pod web: the pod has another volume hookkeeper-hooks, and Hookkeeper needs the name',
    ]);
    const configMap = '---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: web-hookkeeper }\n';
    expect(refused(`${pod(APP)}${configMap}`)).toEqual([
      'web.yaml:12: Pod web: there is a ConfigMap web-hookkeeper already, and not of inject',
    ]);
  });

  it('is whatever else two pods would share by an alias', () => {
    const list = (second: string) =>
      `apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata: { name: a }\n  spec: &spec\n    containers:\n    - name: app\n      image: x\n- apiVersion: v1\n  kind: Pod\n  metadata: { name: b }\n  spec: ${second}\n`;
    expect(refused(list('*spec'))).toEqual(["web.yaml:14: Pod b: the pod's spec stands elsewhere, behind an alias"]);
    expect(refused(list('\n    <<: *spec\n    hostname: b'))).not.toEqual([]);
  });

  it('is a path at which tasks of two containers need two volumes', () => {
    const config = `version: 1
containers:
  app: { postStart: [], preStop: [{ name: mark, file: { touch: /data/a }, timeout: 5s }] }
  b: { postStart: [], preStop: [{ name: mark, file: { touch: /data/b }, timeout: 5s }] }
`;
    const has = (container: string, volume: string) =>
      `${container}    volumeMounts: [{ name: ${volume}, mountPath: /data }]\n`;
    const volumes = '  volumes: [{ name: one, emptyDir: {} }, { name: two, emptyDir: {} }]\n';
    const both = (two: string) => pod(`${has(APP, 'one')}${has(APP.replace('app', 'b'), two)}`, volumes);
    expect(refused(both('two'), config)).toEqual([
      expect.stringMatching(/^web\.yaml:13: .*tasks of its containers need several volumes at \/data/),
    ]);
    expect(injected(both('one'), config).match(/mountPath: \/data/g)).toHaveLength(3);
  });

  it('is a key that is written behind a question mark', () => {
    const explicit = pod(APP).replace('  containers:\n', '  ? containers\n  :\n');
    expect(refused(explicit)).toEqual([expect.stringMatching(/keys behind a question mark$/)]);
  });

  it('is a postStart for a regular sidecar, which may come before it listens', () => {
    const result = inject(inputFor(pod(APP), CONFIG, { role: 'regular' }));
    const fix = expect.stringContaining('take the postStart out of the config, or leave out --regular');
    expect(result).toMatchObject({ ok: false, unusable: false, problems: [{ code: 'poststart-race', fix }] });
  });

  it('is an app on a port of Hookkeeper, and not that Hookkeeper might have another one', () => {
    const result = inject(inputFor(pod(`${APP}    ports: [{ containerPort: 9740 }]\n`), CONFIG));
    const fix = expect.stringContaining('give it another port');
    expect(result).toMatchObject({ ok: false, unusable: false, problems: [{ code: 'port-clash', fix }] });
  });

  it('is a block of text at the end of a file without a last line end, which it would get', () => {
    const ends = (block: string) => `${pod(APP)}    args:\n    - ${block}\n      last`;
    for (const block of ['|', '>', '|+', '|2'])
      expect(refused(ends(block))).toEqual([expect.stringMatching(/^web\.yaml:10: .*the last line has no end/)]);
    for (const block of ['|-', '>2-', '|-2']) expect(taken(injected(ends(block)))).toBe(ends(block));
    expect(taken(injected(`${ends('|')}\n`))).toBe(`${ends('|')}\n`);
  });

  it('is a row of JSON objects, and how to make one list of them is said', () => {
    const object = JSON.stringify(parse(pod(APP)));
    const result = inject(inputFor(`${object}\n${object}\n`, CONFIG));
    expect(result).toMatchObject({
      ok: false,
      unusable: true,
      problems: [{ fix: expect.stringContaining('jq --slurp') }],
    });
  });

  it('is what the check of manifests finds in the result, at the lines that people wrote', () => {
    const signal = CONFIG.replace('sleep: 5s', 'signal: { send: TERM, to: { name: nginx } }');
    expect(refused(`# one\n# two\n${pod(APP)}`, signal)).toEqual([
      'hooks.yaml:3: Pod web: task notice is about processes of other containers, which do not share their PID namespace',
    ]);
    const ports = '    ports:\n    - containerPort: 9740\n';
    expect(refused(`# one\n# two\n${pod(`${APP}${ports}`)}`)).toEqual([
      'web.yaml:12: Pod web: app has port 9740, on which hookkeeper listens',
    ]);
    expect(refused(pod(APP), `${CONFIG}grace: { period: 60s, reserve: 50s }\n`)[0]).toMatch(
      /^hooks\.yaml:4: grace\.reserve must be less/,
    );
  });

  it('is a config that cannot be used, and a file that is no YAML, both at once', () => {
    const result = inject(inputFor('a: [', 'version: 2\n'));
    expect(result).toMatchObject({ ok: false, unusable: true });
    const files = result.ok ? [] : result.problems.map(({ place }) => place.file);
    expect(new Set(files)).toEqual(new Set(['hooks.yaml', 'web.yaml']));
  });
});

describe('the file', () => {
  const CASES: readonly (readonly [string, string])[] = [
    ['a byte order mark', `\uFEFF${pod(APP)}`],
    ['a directive', `%YAML 1.2\n---\n${pod(APP)}`],
    ['an end of the document', `${pod(APP)}...\n`],
    ['a header before the first document', `# licence\n\n---\n# the pod\n${pod(APP)}`],
    ['an empty document', `---\n---\n${pod(APP)}---\n`],
    ['keys in quotes', pod(APP).replace('containers:', '"containers":').replace('image:', "'image' :")],
    ['keys on lines of their own', pod(APP).replace('image: registry', 'image:\n      registry')],
    ['an anchor at the app', pod(APP.replace('- name', '- &app\n    name'))],
    ['blanks at the ends of lines', pod(APP).replaceAll('\n', '  \n')],
    [
      'a JSON list in one line',
      JSON.stringify({ kind: 'List', items: [parse(pod(APP)), parse(pod(APP.replace('app', 'b')))] }),
    ],
    ['a JSON pod with tabs', `${JSON.stringify(parse(pod(APP)), undefined, '\t')}\n\n`],
    ['the same name in two namespaces', `${pod(APP)}---\n${pod(APP).replace('{ name', '{ namespace: b, name')}`],
  ];

  it.each(CASES)('with %s is the same after a second time, and what it was when it is taken out', (_, text) => {
    const result = injected(text);
    expect(result).toContain('hookkeeper');
    expect(injected(result)).toBe(result);
    expect(taken(result)).toBe(text);
  });

  it('has one ConfigMap for workloads of one name', () => {
    const two = `${pod(APP)}---\n${pod(APP)
      .replace('kind: Pod', 'kind: ReplicaSet')
      .replace('spec:', 'spec:\n template:\n  spec:')
      .replaceAll(/^ {2}(?! *spec)/gm, '    ')}`;
    const result = injected(two);
    expect(result.match(/kind: ConfigMap/g)).toHaveLength(1);
    expect(result).toContain('"Pod/web"');
    expect(result).toContain('"ReplicaSet/web"');
    expect(taken(result)).toBe(two);
  });
});

describe('the pod', () => {
  it('has the grace period in the environment: the default of Kubernetes where it says none', () => {
    expect(injected(pod(APP))).toContain('- name: HOOKKEEPER_GRACE_PERIOD\n      value: "45"');
    const silent = pod(APP).replace(/.*terminationGrace.*\n/, '');
    expect(injected(silent)).toContain('- name: HOOKKEEPER_GRACE_PERIOD\n      value: "30"');
  });

  it('keeps a hook that calls Hookkeeper already, with its header, also when all is taken out', () => {
    const own =
      '    lifecycle:\n      preStop:\n        httpGet:\n          path: /prestop/app\n          port: 9740\n          httpHeaders: [{ name: Authorization, value: Bearer x }]\n';
    const plain = own.replace(/ *httpHeaders.*\n/, '');
    for (const hook of [own, plain]) {
      const text = pod(`${APP}${hook}`);
      const result = injected(text);
      expect(result).toContain(hook);
      expect(result).toContain('path: /poststart/app');
      expect(taken(result)).toBe(text);
    }
  });

  it('keeps an empty volume that is just like ours', () => {
    const text = pod(APP, '  volumes:\n  - name: hookkeeper-journal\n    emptyDir: {}\n');
    expect(injected(text).match(/emptyDir/g)).toHaveLength(1);
    expect(taken(injected(text))).toBe(text);
  });

  it('leaves fields that are switched off by a comment with what they belong to', () => {
    const limits = '    # resources:\n\n    #   limits: { memory: 1Gi }\n';
    const medium = '  - name: own\n    emptyDir: {}\n    # medium: Memory\n';
    const both = `${pod(APP)}${limits}  volumes:\n${medium}# the end\n`;
    const without = `${pod(APP)}${limits}`;
    expect(injected(without)).toContain(`          port: 9740\n${limits}  volumes:\n`);
    expect(injected(both)).toContain(`  volumes:\n${medium}  - name: hookkeeper-hooks\n`);
    expect(injected(both).endsWith('# the end\n')).toBe(true);
    for (const text of [both, without, without.trimEnd()]) expect(taken(injected(text))).toBe(text);
  });

  it('keeps the names of its ports for itself where Hookkeeper is before it', () => {
    const named = pod(`${APP}    ports:\n    - { name: ops, containerPort: 8081 }\n`);
    const stopOnly = CONFIG.replace('postStart: [], ', '');
    expect(injected(named).match(/name: ops/g)).toHaveLength(2);
    const regular = injected(named, stopOnly, { role: 'regular' });
    expect(regular.match(/name: ops/g)).toHaveLength(1);
    expect(regular).toMatch(/name: hooks\n *containerPort: 9740\n *- containerPort: 9741\n/);
    expect(taken(regular)).toBe(named);
  });

  it('lends Hookkeeper the volumes that tasks need', () => {
    const result = injected(readFixture('statefulset.yaml'), readFixture('snapshots.yaml'));
    expect(result).toContain('- name: data\n              mountPath: /data\n              readOnly: true\n');
    expect(result).toContain('- name: data\n              mountPath: /backup\n              subPath: backup\n');
  });

  it('gets what the app has mounted where its tasks read a file: without it, it would not start', () => {
    const mounts = '    volumeMounts: [{ name: secrets, mountPath: /run/secrets/app }]\n';
    const config = CONFIG.replace(
      'sleep: 5s',
      'http: { url: "http://127.0.0.1:8080/x", headersFromFiles: { Authorization: /run/secrets/app/token } }',
    );
    const result = injected(
      `${pod(`${APP}${mounts}`)}  volumes: [{ name: secrets, secret: { secretName: app } }]\n`,
      config,
    );
    expect(result).toContain('- name: secrets\n      mountPath: /run/secrets/app\n      readOnly: true\n');
  });

  it.each([
    ['a script for a shell', 'command: [sh, /opt/app/save.sh]', 'readOnly: true\n'],
    ['a folder for a command, which may write there', 'command: [save], workingDir: /opt/app/data', 'containers:\n'],
  ])('gets what the app has mounted where its tasks name %s: without it, it would not start', (_what, exec, next) => {
    const mounts = '    volumeMounts: [{ name: files, mountPath: /opt/app }]\n';
    const config = CONFIG.replace('sleep: 5s', `exec: { ${exec} }`);
    const text = `${pod(`${APP}${mounts}`)}  volumes: [{ name: files, emptyDir: {} }]\n`;
    const lent = injected(text, config).split('- name: files\n      mountPath: /opt/app\n')[1];
    expect(lent?.trimStart().startsWith(next)).toBe(true);
  });

  it('has the token where the app has it, and needs hooks that send it', () => {
    const config = `${CONFIG}access: { tokenFile: /run/hook-token/token }\n`;
    const fixes = (text: string) => {
      const result = inject(inputFor(text, config));
      return result.ok ? [] : result.problems.map(({ code, fix }) => `${code}: ${fix}`);
    };
    const hook = (name: string) =>
      `{ httpGet: { path: /${name}/app, port: 9740, httpHeaders: [{ name: Authorization, value: Bearer x }] } }`;
    const hooks = `    lifecycle: { postStart: ${hook('poststart')}, preStop: ${hook('prestop')} }\n`;
    expect(fixes(pod(APP))).toEqual([
      expect.stringMatching(/^hook-token: .*write it with the token.*\npostStart:\n {2}httpGet:\n/),
      expect.stringMatching(/^hook-token: [\s\S]*Bearer …$/),
      expect.stringMatching(/^token-volume: mount the secret into a container of the app/),
    ]);
    const volumes = '  volumes:\n  - name: token\n    secret: { secretName: hook-token }\n';
    const mounts = '    volumeMounts: [{ name: token, mountPath: /run/hook-token }]\n';
    const result = injected(pod(`${APP}${hooks}${mounts}`, volumes), config);
    expect(result).toContain('- name: token\n      mountPath: /run/hook-token\n      readOnly: true\n');
  });

  it('has a config of whatever text', () => {
    for (const head of [
      '',
      '\n\n',
      ' # indented\n',
      '# \u00e4 \u{1f600}\n',
      '\uFEFF',
      '# \u0007 bell\n',
      '# tab\t\r\n',
    ]) {
      const result = injected(pod(APP), `${head}${CONFIG}`);
      const text: unknown = parse(result.split('---\n')[0] ?? '').data['hooks.yaml'];
      expect(text).toBe(`${head}${CONFIG}`.replace('\uFEFF', '').replaceAll('\r\n', '\n'));
      expect(taken(result)).toBe(pod(APP));
    }
  });
});

describe('a pod that has it already', () => {
  it('gets the new version, config, grace period and kind', () => {
    const old = injected(pod(APP), CONFIG, { image: 'hookkeeper:0.0.9' });
    const changed = old.replace('terminationGracePeriodSeconds: 45', 'terminationGracePeriodSeconds: 60');
    const config = CONFIG.replace('5s', '7s');
    expect(injected(changed, config)).toBe(injected(pod(APP).replace(': 45', ': 60'), config));
    const only = 'version: 1\ncontainers: { app: { preStop: [{ name: notice, sleep: 5s }] } }\n';
    expect(injected(old, only, { role: 'regular' })).toBe(injected(pod(APP), only, { role: 'regular' }));
  });

  it('gets the new version also where something has sorted its keys, which is no change', () => {
    const old = injected(pod(APP), CONFIG, { image: 'hookkeeper:0.0.9' });
    const sorted = parseAllDocuments(old).map((document) => stringify(document.toJS(), { sortMapEntries: true }));
    expect(injected(sorted.join('---\n'), CONFIG, { image: undefined })).toContain('image: hookkeeper:unbuilt\n');
  });

  it('gets the new version also as it comes back from an API server, which fills in what was not said, and a namespace', () => {
    const old = injected(pod(APP), CONFIG, { image: 'hookkeeper:0.0.9' });
    const stored = parseAllDocuments(old).map((document) => {
      document.setIn(['metadata', 'namespace'], 'shop');
      const object: unknown = JSON.parse(JSON.stringify(document.toJS(), filledIn));
      return stringify(object);
    });
    expect(stored.join('')).toContain('imagePullPolicy: IfNotPresent');
    expect(stored.join('')).toContain('timeoutSeconds: 1');
    const again = injected(stored.join('---\n'), CONFIG, { image: undefined });
    expect(again).toContain('image: hookkeeper:unbuilt\n');
    expect(again.match(/kind: ConfigMap/g)).toHaveLength(1);
    expect(again).not.toContain('timeoutSeconds');
  });

  it('is said to get another image where none was asked for: the registry that was named once', () => {
    const old = injected(pod(APP), CONFIG, { image: 'registry.example/hookkeeper:1' });
    const notes = (text: string, image: string | undefined) => {
      const result = inject({ ...inputFor(text, CONFIG), image });
      return result.ok ? result.notes.join() : '';
    };
    const said = 'its image was registry.example/hookkeeper:1 and is hookkeeper:unbuilt: --image names another';
    expect(notes(old, undefined)).toContain(said);
    expect(notes(old, 'hookkeeper:2')).not.toContain('its image was');
    expect(notes(pod(APP), undefined)).not.toContain('its image was');
    expect(notes(old.replace('memory: 128Mi', 'memory: 1Gi'), undefined)).not.toContain('its image was');
  });

  it('keeps what was changed by hand in its container, but for the image that was asked for and the grace period', () => {
    const old = injected(pod(APP));
    const mended = old.replace('memory: 128Mi', 'memory: 1Gi # snapshots').replace(': 45\n', ': 60\n');
    const config = CONFIG.replace('5s', '7s');
    const result = injected(mended, config, { image: 'mine:2' });
    expect(result).toBe(
      mended
        .replace('sleep: 5s', 'sleep: 7s')
        .replace(/image: registry\S+\/hookkeeper\S+/, 'image: mine:2')
        .replace('value: "45"', 'value: "60"'),
    );
    expect(injected(result, config, { image: 'mine:2' })).toBe(result);
    expect(injected(result, config, { image: undefined })).toBe(result);
    expect(taken(result)).toBe(pod(APP).replace(': 45\n', ': 60\n'));
    expect(refused(mended, CONFIG, { role: 'regular' })).toEqual([
      expect.stringContaining('the sidecar was changed since it was put in, and is of the other kind'),
    ]);
  });

  it('leaves the ConfigMap of a workload that is not among the files', () => {
    const [configMap = ''] = injected(pod(APP)).split('---\n');
    const other = configMap.replace('Pod/web', 'Pod/other').replace('name: web-', 'name: other-');
    const text = `${other}---\n${pod(APP)}`;
    expect(injected(text)).toContain(other);
    expect(taken(injected(text))).toBe(text);
  });

  it('is known without the ConfigMap, too, as the API server gives it back', () => {
    const [, alone = ''] = injected(pod(APP)).split('---\n');
    expect(taken(alone)).toBe(pod(APP));
    const stored = alone.replaceAll('port: 9740\n', 'port: 9740\n          scheme: HTTP\n');
    expect(stored).toContain('scheme: HTTP');
    expect(taken(stored)).toBe(pod(APP));
    expect(taken(injected(stored))).toBe(pod(APP));
  });

  it('is left as it is where its lines were moved so that nothing can be taken out of them', () => {
    const moved = injected(pod(APP)).replace(
      / {2}- name: app\n {4}image: (\S+)\n {4}lifecycle:([\s\S]*?)\n {2}volumes/,
      (_, image, hooks) => {
        return `  - lifecycle:${hooks}\n    name: app\n    image: ${image}\n  volumes`;
      },
    );
    expect(moved).toContain('  - lifecycle:\n');
    const result = takeOutOfFiles([{ file: 'web.yaml', text: moved }], { keepChanged: false });
    expect(result.ok ? [] : result.problems.map(({ message }) => message)).toEqual([
      expect.stringContaining('cannot be taken out without changing something else'),
    ]);
  });

  it('stays in a list of a list, and a list of one kind takes no ConfigMap', () => {
    const nested = JSON.stringify({ kind: 'List', items: [JSON.parse(injected(JSON.stringify(parse(pod(APP)))))] });
    expect(JSON.parse(taken(nested)).items[0].items).toHaveLength(2);
    const typed = JSON.stringify({ kind: 'PodList', items: [parse(pod(APP))] });
    expect(JSON.parse(injected(typed)).items.map(({ kind }: { kind: string }) => kind)).toEqual([
      'ConfigMap',
      'PodList',
    ]);
    expect(taken(injected(typed))).toBe(typed);
  });

  it('leaves no hook behind that nobody would answer, but those that were there before', () => {
    const token = '\n          httpHeaders: [{ name: Authorization, value: Bearer x }]';
    const changed = injected(pod(APP)).replace('path: /prestop/app\n          port: 9740', (all) => `${all}${token}`);
    const again = injected(changed);
    expect(again).toContain(token);
    expect(injected(again)).toBe(again);
    for (const each of [changed, again]) expect(taken(each)).toBe(pod(APP));
  });
});

/** As the API server fills in what a container does not say. */
function filledIn(_key: string, value: unknown): unknown {
  if (!isMapping(value)) return value;
  if ('containerPort' in value) return { ...value, protocol: 'TCP' };
  if ('fieldPath' in value) return { apiVersion: 'v1', ...value };
  if ('path' in value && 'port' in value) return { ...value, scheme: 'HTTP' };
  if ('httpGet' in value && 'periodSeconds' in value) return { successThreshold: 1, timeoutSeconds: 1, ...value };
  if (!('image' in value)) return value;
  const log = { terminationMessagePath: '/dev/termination-log', terminationMessagePolicy: 'File' };
  return { ...log, imagePullPolicy: 'IfNotPresent', ...value };
}
