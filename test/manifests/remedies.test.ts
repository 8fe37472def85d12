import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkManifests } from '../../src/manifests/check-manifests.ts';
import { taskTable } from '../../src/tasks/table.ts';
import type { Edit } from './cases.ts';

const GOOD = readFileSync(join(import.meta.dirname, '..', 'fixtures', 'manifests', 'good.yaml'), 'utf8');

/** Something that is wrong, the remedy, and the manifest after somebody has followed it. */
interface Followed {
  readonly about: string;
  readonly code: string;
  readonly wrong: readonly Edit[];
  readonly fix: readonly string[];
  /** What the remedy asks for, done to the manifest that is wrong. */
  readonly follow: readonly Edit[];
}

const APP_IMAGE = '          image: registry.example/web:1\n';
const SIDECAR_DATA = '            - { name: data, mountPath: /data }\n';
const FLUSH = '          - name: flush\n            exec: { command: [/scripts/flush.sh] }\n            timeout: 10s\n';
const JOURNAL_MOUNT = '{ name: journal, mountPath: /var/lib/hookkeeper }';
const appMounts = (mount: string): Edit => [APP_IMAGE, `${APP_IMAGE}          volumeMounts: [${mount}]\n`];
const touches = (file: string): Edit => [FLUSH, `          - { name: mark, file: { touch: ${file} }, timeout: 5s }\n`];
const sends = (fields: string): Edit => [
  FLUSH,
  `          - { name: tell, http: { url: "https://127.0.0.1:8443/x", ${fields} }, timeout: 5s }\n`,
];
const FETCHED = '{ url: "http://127.0.0.1:8080/dump", as: dump.sql }';
const uploads = (to: string, source = '/data'): Edit => [
  FLUSH,
  `          - { name: copy, snapshot: { source: ${source}, destination: ${to} }, timeout: 5s }\n`,
];

const HOST = '      hostNetwork: true\n      automountServiceAccountToken: false\n';
const PRE_STOP = `            preStop:
              httpGet:
                path: /prestop/app
                port: 9740
`;
const POST_START = PRE_STOP.replace('preStop', 'postStart').replace('prestop', 'poststart');
const onNode = (hook: string) => hook.replace('path', 'host: 127.0.0.1\n                path');
const withToken = (hook: string) =>
  `${hook}                httpHeaders:\n                  - name: Authorization\n                    value: Bearer x\n`;
const withGrace = (grace: string) =>
  `${PRE_STOP}                httpHeaders: [{ name: hookkeeper-grace, value: ${grace} }]\n`;
const TOKEN: Edit = [
  '    containers:\n      app:\n',
  '    access: { tokenFile: /etc/hookkeeper/token }\n    containers:\n      app:\n',
];

const FOLLOWED: readonly Followed[] = [
  {
    about: 'the volume that the app has there, and no other, which would hide what the app has',
    code: 'task-path',
    wrong: [touches('/srv/www/data/down'), appMounts('{ name: data, mountPath: /srv/www }')],
    fix: ['# hookkeeper', 'volumeMounts:', '  - { name: data, mountPath: /srv/www }'],
    follow: [[SIDECAR_DATA, '            - { name: data, mountPath: /srv/www }\n']],
  },
  {
    about: 'the same part of the volume that the app has',
    code: 'task-path',
    wrong: [touches('/srv/www/down'), appMounts('{ name: data, mountPath: /srv/www/, subPath: www }')],
    fix: ['# hookkeeper', 'volumeMounts:', '  - { name: data, mountPath: /srv/www, subPath: www }'],
    follow: [[SIDECAR_DATA, '            - { name: data, mountPath: /srv/www, subPath: www }\n']],
  },
  {
    about: 'the same folder for each pod, and a word on what its name is made of',
    code: 'task-path',
    wrong: [touches('/srv/www/down'), appMounts('{ name: data, mountPath: /srv/www, subPathExpr: $(POD) }')],
    fix: [
      '# hookkeeper',
      'volumeMounts:',
      '  - { name: data, mountPath: /srv/www, subPathExpr: $(POD) } # hookkeeper needs its variables, too',
    ],
    follow: [[SIDECAR_DATA, '            - { name: data, mountPath: /srv/www, subPathExpr: $(POD) }\n']],
  },
  {
    about: 'the volume of the file that a task sends, without which Hookkeeper does not start',
    code: 'task-path',
    wrong: [sends('bodyFile: /srv/www/body.json'), appMounts('{ name: data, mountPath: /srv/www }')],
    fix: ['# hookkeeper', 'volumeMounts:', '  - { name: data, mountPath: /srv/www }'],
    follow: [[SIDECAR_DATA, '            - { name: data, mountPath: /srv/www }\n']],
  },
  {
    about: 'a folder for what a URL takes, on a root file system that is read-only',
    code: 'task-path',
    wrong: [uploads('{ url: "https://backup.example/put" }')],
    fix: [
      '# hookkeeper',
      'volumeMounts:',
      '  - { name: tmp, mountPath: /tmp }',
      '# the pod',
      'volumes:',
      '  - { name: tmp, emptyDir: {} }',
    ],
    follow: [
      [SIDECAR_DATA, `${SIDECAR_DATA}            - { name: tmp, mountPath: /tmp }\n`],
      ['      volumes:\n', '      volumes:\n        - { name: tmp, emptyDir: {} }\n'],
    ],
  },
  {
    about: 'the volume that Hookkeeper has already, for writing',
    code: 'task-path',
    wrong: [touches('/data/down'), [SIDECAR_DATA, '            - { name: data, mountPath: /data, readOnly: true }\n']],
    fix: ['# hookkeeper', 'volumeMounts:', '  - { name: data, mountPath: /data } # not readOnly'],
    follow: [['mountPath: /data, readOnly: true }', 'mountPath: /data }']],
  },
  {
    about: 'a volume of its own for a journal on the volume of the data, which stays',
    code: 'journal-shared',
    wrong: [
      ['{ name: data, emptyDir: {} }', '{ name: data, persistentVolumeClaim: { claimName: data } }'],
      [JOURNAL_MOUNT, '{ name: data, mountPath: /var/lib/hookkeeper, subPath: journal }'],
    ],
    fix: [
      '# the sidecar',
      'volumeMounts:',
      '  - { name: journal, mountPath: /var/lib/hookkeeper }',
      '# the pod',
      'volumes:',
      '  - { name: journal, emptyDir: {} }',
    ],
    follow: [['{ name: data, mountPath: /var/lib/hookkeeper, subPath: journal }', JOURNAL_MOUNT]],
  },
  {
    about: 'a hook with the host that a pod in the network of its node needs',
    code: 'hook-missing',
    wrong: [
      [POST_START, onNode(POST_START)],
      [PRE_STOP, ''],
      ['      terminationGrace', `${HOST}      terminationGrace`],
    ],
    fix: [
      'lifecycle:',
      '  preStop:',
      '    httpGet:',
      '      host: 127.0.0.1',
      '      path: /prestop/app',
      '      port: 9740',
    ],
    follow: [[onNode(POST_START), onNode(POST_START) + onNode(PRE_STOP)]],
  },
  {
    about: 'a hook with the token that the config asks for',
    code: 'hook-port-name',
    wrong: [TOKEN, [POST_START, withToken(POST_START)], [PRE_STOP, withToken(PRE_STOP.replace('9740', 'hooks'))]],
    fix: [
      'preStop:',
      '  httpGet:',
      '    path: /prestop/app',
      '    port: 9740',
      '    httpHeaders:',
      '      - name: Authorization',
      '        value: Bearer …',
    ],
    follow: [[withToken(PRE_STOP.replace('9740', 'hooks')), withToken(PRE_STOP)]],
  },
  {
    about: 'the user root, with leave to be root, as the kubelet would not start it otherwise',
    code: 'signal-user',
    wrong: [
      [FLUSH, '          - { name: quit, signal: { to: { name: nginx }, send: QUIT }, timeout: 5s }\n'],
      ['      terminationGrace', '      shareProcessNamespace: true\n      terminationGrace'],
      [APP_IMAGE, `${APP_IMAGE}          securityContext: { runAsUser: 0 }\n`],
      ['          securityContext:\n', '          securityContext:\n            runAsNonRoot: true\n'],
    ],
    fix: ['# hookkeeper', 'securityContext:', '  runAsUser: 0', '  runAsNonRoot: false'],
    follow: [['runAsNonRoot: true', 'runAsNonRoot: false\n            runAsUser: 0']],
  },
  {
    about: "the pod's grace in the header of the hook, which says less",
    code: 'grace-longer',
    wrong: [[PRE_STOP, withGrace('40s')]],
    fix: ['httpHeaders:', '  - name: Hookkeeper-Grace', '    value: 45s'],
    follow: [['value: 40s', 'value: 45s']],
  },
  {
    about: 'the grace that the header of the hook says',
    code: 'grace-shorter',
    wrong: [[PRE_STOP, withGrace('1m')]],
    fix: ['terminationGracePeriodSeconds: 60'],
    follow: [['terminationGracePeriodSeconds: 45', 'terminationGracePeriodSeconds: 60']],
  },
  {
    about: 'the folder of the config, with its key under the name of the file',
    code: 'config-subpath',
    wrong: [
      ['  hooks.yaml: |', '  web.yaml: |'],
      ['hooks, mountPath: /etc/hookkeeper }', 'hooks, mountPath: /etc/hookkeeper/hooks.yaml, subPath: web.yaml }'],
    ],
    fix: [
      '- name: hooks',
      '  mountPath: /etc/hookkeeper',
      '# the configMap of the volume hooks',
      'items:',
      '  - { key: web.yaml, path: hooks.yaml }',
    ],
    follow: [
      ['hooks, mountPath: /etc/hookkeeper/hooks.yaml, subPath: web.yaml }', 'hooks, mountPath: /etc/hookkeeper }'],
      ['{ name: web-hooks } }', '{ name: web-hooks, items: [{ key: web.yaml, path: hooks.yaml }] } }'],
    ],
  },
  {
    about: 'a folder of its own, and not the whole of /etc',
    code: 'config-subpath',
    wrong: [
      ['hooks, mountPath: /etc/hookkeeper }', 'hooks, mountPath: /etc/hooks.yaml, subPath: hooks.yaml }'],
      ['          env:\n', '          args: [serve, --config=/etc/hooks.yaml]\n          env:\n'],
    ],
    fix: [
      '- name: hooks',
      '  mountPath: /etc/hookkeeper',
      '# and instead of /etc/hooks.yaml as the config',
      '--config=/etc/hookkeeper/hooks.yaml',
    ],
    follow: [
      ['hooks, mountPath: /etc/hooks.yaml, subPath: hooks.yaml }', 'hooks, mountPath: /etc/hookkeeper }'],
      ['--config=/etc/hooks.yaml', '--config=/etc/hookkeeper/hooks.yaml'],
    ],
  },
  {
    about: 'the volume under its own name',
    code: 'journal-memory',
    wrong: [
      ['{ name: journal, mountPath', '{ name: runs, mountPath'],
      ['{ name: journal, emptyDir: {} }', '{ name: runs, emptyDir: { medium: Memory } }'],
    ],
    fix: ['- name: runs', '  emptyDir: {}'],
    follow: [['emptyDir: { medium: Memory }', 'emptyDir: {}']],
  },
];

function edited(text: string, edits: readonly Edit[]): string {
  return edits.reduce((before, [piece, instead]) => {
    expect(before.split(piece).length, `"${piece}" is there once`).toBe(2);
    return before.replace(piece, () => instead);
  }, text);
}

function findingsOf(text: string) {
  return checkManifests({ manifests: [{ file: 'web.yaml', text }], config: undefined, table: taskTable }).findings;
}

describe('a remedy', () => {
  it.each(FOLLOWED)('of $code is $about', ({ code, wrong, fix, follow }) => {
    const text = edited(GOOD, wrong);
    const found = findingsOf(text);
    expect(found.map((each) => each.code)).toEqual([code]);
    expect(found[0]?.fix.split('\n')).toEqual(fix);
    expect(findingsOf(edited(text, follow))).toEqual([]);
  });

  it('is not needed where the header of the hook has the grace of the pod, whatever else there is', () => {
    const own: readonly Edit[] = [
      [PRE_STOP, withGrace('"70"')],
      ['onds: 45', 'onds: 70'],
    ];
    expect(findingsOf(edited(GOOD, own))).toEqual([]);
    const wrong: readonly Edit[] = [
      [PRE_STOP, withGrace('soon')],
      ['onds: 45', 'onds: 70'],
    ];
    expect(findingsOf(edited(GOOD, wrong)).map(({ code }) => code)).toEqual(['grace-longer']);
  });

  it.each([
    ['exec: { command: [sh, -c, sleep 15; kill -QUIT 1] }', '15s', true],
    ['exec: { command: [/bin/sleep, 1m] }', '1m', false],
    ['exec: { command: [/bin/sh, -c, "kill -s TERM 7 && sleep 2.5"] }', '2.5s', true],
    ['exec: { command: [sh, -c, "sleep $DELAY"] }', '5s', false],
    ['sleep: { seconds: 90 }', '1m30s', false],
  ])('of prestop-sleep sleeps as long as %s', (handler, sleep, runsMore) => {
    const proxy = '          image: registry.example/proxy:1\n';
    const text = edited(GOOD, [[proxy, `${proxy}          lifecycle: { preStop: { ${handler} } }\n`]]);
    const [, , , , , ...lines] = findingsOf(text)[0]?.fix.split('\n') ?? [];
    expect(lines).toEqual([
      `        sleep: ${sleep}`,
      ...(runsMore ? ['      # and tasks for what else it runs'] : []),
    ]);
  });

  it.each([
    ['headersFromFiles: { Authorization: /srv/www/token }', 'error'],
    ['headersFromFiles: { ca: { file: /srv/www/token, prefix: "Bearer " } }', 'error'],
    ['ca: /srv/www/ca.pem', 'error'],
    ['unixSocket: /srv/www/app.sock', 'warning'],
    ['headers: { ca: /srv/www/ca.pem }', undefined],
    // It may be in the image.
    ['bodyFile: /etc/body.json', undefined],
  ])('of task-path is asked for where a task has %s: %s', (fields, severity) => {
    const found = findingsOf(edited(GOOD, [sends(fields), appMounts('{ name: data, mountPath: /srv/www }')]));
    expect(found.map((each) => `${each.code} ${each.severity}`)).toEqual(
      severity === undefined ? [] : [`task-path ${severity}`],
    );
  });

  it.each([
    ['exec: { command: [/srv/www/flush.sh] }', ['error']],
    [
      'snapshot: { source: /data/db, destination: /data/s, before: [{ exec: { command: [/srv/www/flush.sh] } }] }',
      ['error'],
    ],
    // It may be in the image.
    ['exec: { command: [/scripts/flush.sh] }', []],
    ['exec: { command: [sh, -c, /srv/www/flush.sh] }', []],
    ['exec: { command: [sh, /srv/www/flush.sh] }', ['error']],
    ['exec: { command: [cat, /srv/www/notes] }', []],
    ['exec: { command: [save], workingDir: /srv/www }', ['error']],
    ['exec: { command: [save], workingDir: /tmp }', []],
  ])('of task-path is asked for where the app has the program, its script or its folder of %s', (kind, severities) => {
    const wrong: Edit = [FLUSH, `          - { name: tell, ${kind}, timeout: 5s }\n`];
    const found = findingsOf(edited(GOOD, [wrong, appMounts('{ name: data, mountPath: /srv/www }')]));
    expect(found.map(({ severity }) => severity)).toEqual(severities);
  });

  it('of task-path is asked for where a task of the bucket has its keys, and one that is done for an undo its body', () => {
    const keys = '{ bucket: backups, accessKeyIdFile: /srv/www/id, secretAccessKeyFile: /srv/www/key }';
    const mounts = appMounts('{ name: data, mountPath: /srv/www }');
    expect(findingsOf(edited(GOOD, [uploads(keys), mounts])).map(({ severity }) => severity)).toEqual([
      'error',
      'error',
    ]);
    const undo =
      'method: POST }, undo: { http: { url: http://127.0.0.1:8080/back, method: POST, bodyFile: /srv/www/b }';
    expect(findingsOf(edited(GOOD, [sends(undo), mounts])).map(({ code }) => code)).toEqual(['task-path']);
  });

  it.each(['{ file: /srv/www/up }', '{ file: { path: /srv/www/up, is: absent } }'])(
    'of task-path is asked for where a drain has seenFirst: %s',
    (condition) => {
      const wrong: Edit = [FLUSH, `          - { name: wait, drain: { ports: [8080], seenFirst: ${condition} } }\n`];
      const found = findingsOf(edited(GOOD, [wrong, appMounts('{ name: data, mountPath: /srv/www }')]));
      expect(found.map(({ message }) => message)).toEqual([expect.stringContaining('reads /srv/www/up')]);
    },
  );

  it.each([
    ['undo: { file: { remove: /srv/www/down } }', 'task-path'],
    ['undo: { signal: { send: USR1, to: { name: nginx } } }', 'pid-namespace'],
    ['undo: { http: { url: "http://127.0.0.1:8080/back" } }', undefined],
  ])('is needed for an undo, too: %s', (undo, code) => {
    const wrong: Edit = [FLUSH, `          - { name: tell, sleep: 1s, ${undo} }\n`];
    const found = findingsOf(edited(GOOD, [wrong, appMounts('{ name: data, mountPath: /srv/www }')]));
    expect([...new Set(found.map((each) => each.code))]).toEqual(
      code === undefined ? [] : expect.arrayContaining([code]),
    );
    for (const each of found) expect(each.message).toContain('tell/undo');
  });

  it.each([
    ['s3://backups/app', '/data', []],
    ['s3://backups/app', FETCHED, ['task-path']],
    ['{ bucket: backups }', FETCHED, ['task-path']],
    ['{ bucket: backups, scratch: /data }', FETCHED, []],
    ['{ urlFile: /data/url, scratch: /data }', '/data/db', []],
    ['{ urlFile: /data/url }', '/data/db', ['task-path']],
    ['/data', FETCHED, []],
  ])('of task-path has room for what a snapshot puts on a disk on its way to %s, from %s', (to, source, found) => {
    const codes = (edits: readonly Edit[]) => findingsOf(edited(GOOD, edits)).map(({ code }) => code);
    expect(codes([uploads(to, source)])).toEqual(found);
    // Without a volume it can lie in the container, too.
    expect(codes([uploads(to, source), ['readOnlyRootFilesystem: true', 'readOnlyRootFilesystem: false']])).toEqual([]);
  });

  it('of qos-class is not needed where another container is no better, or the pod has resources of its own', () => {
    const limits = '          resources: { limits: { cpu: 2, memory: 1Gi } }\n';
    const proxy = '          image: registry.example/proxy:1\n';
    const app: Edit = [APP_IMAGE, `${APP_IMAGE}${limits}`];
    const both: readonly Edit[] = [app, [proxy, `${proxy}${limits}`]];
    const ofPod = '      resources: { limits: { cpu: 3, memory: 2Gi } }\n';
    const codes = (edits: readonly Edit[]) => findingsOf(edited(GOOD, edits)).map(({ code }) => code);
    expect(codes(both)).toEqual(['qos-class']);
    expect(codes([app])).toEqual([]);
    expect(codes([...both, ['      terminationGrace', `${ofPod}      terminationGrace`]])).toEqual([]);
  });
});
