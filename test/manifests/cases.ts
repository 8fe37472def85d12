/** One case for each finding: what to change in `good.yaml` to have it, and what near it is right. */

/** A piece of the text, and what takes its place. The piece must be there exactly once. */
export type Edit = readonly [piece: string, instead: string];

export interface Case {
  readonly code: string;
  /** What is wrong, as a title. */
  readonly about: string;
  readonly edits: readonly Edit[];
  /** The text at which the finding stands. */
  readonly at: string;
  /** The same finding's severity, where it differs from its rule's. */
  readonly severity?: 'error' | 'warning';
  /** Other findings that such a manifest has, too. */
  readonly beside?: readonly string[];
  /** Nearly the same, and right. */
  readonly right: readonly Edit[];
}

const PATH = 'path: /prestop/app';
const PRE_STOP = `            preStop:
              httpGet:
                path: /prestop/app
                port: 9740
`;
const HOOK_OF_PROXY = `        - name: proxy
          image: registry.example/proxy:1
`;
const NATIVE = '          restartPolicy: Always\n';
const SIDECAR_FIRST = '      initContainers:\n';
const MESH = '        - { name: mesh, image: registry.example/mesh:1, restartPolicy: Always }\n';
const TOKEN_FILE: Edit = [
  '    containers:\n      app:\n',
  '    access: { tokenFile: /run/secrets/hooks/token }\n    containers:\n      app:\n',
];
const GUARANTEED_APP: Edit = [
  '          image: registry.example/web:1\n',
  '          image: registry.example/web:1\n          resources: { limits: { cpu: 2, memory: 1Gi, nvidia.com/gpu: 1 } }\n',
];
const GUARANTEED_PROXY: Edit = [
  HOOK_OF_PROXY,
  `${HOOK_OF_PROXY}          resources: { requests: { cpu: 100m, memory: 64Mi }, limits: { cpu: 100m, memory: 64Mi } }\n`,
];
const POST_STOP_TASK =
  '          - name: flush\n            exec: { command: [/scripts/flush.sh] }\n            timeout: 10s\n';
const task = (text: string): Edit => [POST_STOP_TASK, `          - ${text}\n`];
const NO_POST_START: Edit = [
  '            postStart:\n              httpGet:\n                path: /poststart/app\n                port: 9740\n',
  '',
];
const NO_POST_START_TASKS: Edit = ['        postStart: []\n', ''];
const REGULAR: readonly Edit[] = [
  [SIDECAR_FIRST, '      containers:\n'],
  [NATIVE, ''],
  ['      containers:\n        - name: app', '        - name: app'],
];
const THREE: Edit = ['spec:\n  selector:', 'spec:\n  replicas: 3\n  selector:'];
const ON_NODE: readonly Edit[] = [
  [
    '      terminationGrace',
    '      hostNetwork: true\n      automountServiceAccountToken: false\n      terminationGrace',
  ],
  ['path: /poststart/app\n', 'path: /poststart/app\n                host: 127.0.0.1\n'],
  ['path: /prestop/app\n', 'path: /prestop/app\n                host: 127.0.0.1\n'],
];
const LABELS = '      labels: { app: web }\n';
const EXCLUDED = 'traffic.sidecar.istio.io/excludeInboundPorts: "9740,9741"';
const AS_JOB: Edit = ['apiVersion: apps/v1\nkind: Deployment', 'apiVersion: batch/v1\nkind: Job'];

export const CASES: readonly Case[] = [
  {
    code: 'hook-port-name',
    about: 'a name that only the sidecar knows',
    edits: [[`${PATH}\n                port: 9740`, `${PATH}\n                port: hooks`]],
    at: 'hooks\n        - name: proxy',
    right: [],
  },
  {
    code: 'hook-port',
    about: 'the ops port',
    edits: [[`${PATH}\n                port: 9740`, `${PATH}\n                port: 9741`]],
    at: '9741\n        - name: proxy',
    right: [
      [`${PATH}\n                port: 9740`, `${PATH}\n                port: 9800`],
      ['path: /poststart/app\n                port: 9740', 'path: /poststart/app\n                port: 9800'],
      ['          env:\n', '          env:\n            - { name: HOOKKEEPER_PORT, value: "9800" }\n'],
    ],
  },
  {
    code: 'hook-path',
    about: 'a slash at the end',
    edits: [[PATH, 'path: /prestop/app/']],
    at: '/prestop/app/',
    right: [[PATH, 'path: prestop/app']],
  },
  {
    code: 'hook-host',
    about: "the node's loopback",
    edits: [[PATH, `host: 127.0.0.1\n                ${PATH}`]],
    at: 'host: 127.0.0.1',
    right: [
      [PATH, `host: 127.0.0.1\n                ${PATH}`],
      ['path: /poststart/app', 'host: 127.0.0.1\n                path: /poststart/app'],
      [
        '      terminationGrace',
        '      hostNetwork: true\n      automountServiceAccountToken: false\n      terminationGrace',
      ],
    ],
  },
  {
    code: 'hook-scheme',
    about: 'TLS',
    edits: [[PATH, `scheme: HTTPS\n                ${PATH}`]],
    at: 'scheme: HTTPS',
    right: [[PATH, `scheme: HTTP\n                ${PATH}`]],
  },
  {
    code: 'listen-loopback',
    about: 'a hook port that only the pod reaches',
    edits: [['          env:\n', '          args: [serve, --host, 127.0.0.1]\n          env:\n']],
    at: 'name: hookkeeper',
    right: [['          env:\n', '          args: [serve, --host=0.0.0.0]\n          env:\n']],
  },
  {
    code: 'hook-secret',
    about: 'a token in the query',
    edits: [[PATH, `${PATH}?token=hunter2`]],
    at: `${PATH}?token`,
    right: [[PATH, `${PATH}?from=kubelet`]],
  },
  {
    code: 'hook-token',
    about: 'a hook without the token that the config asks for',
    edits: [
      [
        '    containers:\n      app:\n',
        '    access: { tokenFile: /etc/hookkeeper/token }\n    containers:\n      app:\n',
      ],
      [
        'path: /poststart/app',
        'path: /poststart/app\n                httpHeaders: [{ name: Authorization, value: Bearer x }]',
      ],
    ],
    at: `httpGet:\n                ${PATH}`,
    right: [
      [
        '    containers:\n      app:\n',
        '    access: { tokenFile: /etc/hookkeeper/token }\n    containers:\n      app:\n',
      ],
      [
        'path: /poststart/app',
        'path: /poststart/app\n                httpHeaders: [{ name: authorization, value: Bearer x }]',
      ],
      [PATH, `${PATH}\n                httpHeaders: [{ name: Authorization, value: Bearer x }]`],
    ],
  },
  {
    code: 'hook-variable',
    about: 'a variable in a header',
    edits: [[PATH, `${PATH}\n                httpHeaders: [{ name: X-Pod, value: $(POD) }]`]],
    at: 'value: $(POD)',
    right: [[PATH, `${PATH}\n                httpHeaders: [{ name: X-Pod, value: web }]`]],
  },
  {
    code: 'hook-header',
    about: 'a User-Agent',
    edits: [[PATH, `${PATH}\n                httpHeaders: [{ name: User-Agent, value: web }]`]],
    at: 'name: User-Agent',
    right: [[PATH, `${PATH}\n                httpHeaders: [{ name: constructor, value: web }]`]],
  },
  {
    code: 'hook-container',
    about: "another container's path",
    edits: [
      [
        HOOK_OF_PROXY,
        `${HOOK_OF_PROXY}          lifecycle: { preStop: { httpGet: { path: /prestop/app#proxy, port: 9740 } } }\n`,
      ],
    ],
    at: '/prestop/app#proxy',
    right: [
      [
        HOOK_OF_PROXY,
        `${HOOK_OF_PROXY}          lifecycle: { preStop: { httpGet: { path: /prestop/proxy, port: 9740 } } }\n`,
      ],
      [POST_STOP_TASK, `${POST_STOP_TASK}      proxy:\n        preStop: []\n`],
    ],
  },
  {
    code: 'hook-unconfigured',
    about: 'a container that the config does not have',
    edits: [
      [
        HOOK_OF_PROXY,
        `${HOOK_OF_PROXY}          lifecycle: { preStop: { httpGet: { path: /prestop/proxy, port: 9740 } } }\n`,
      ],
    ],
    at: '/prestop/proxy',
    right: [
      [HOOK_OF_PROXY, `${HOOK_OF_PROXY}          lifecycle: { preStop: { httpGet: { path: /quit, port: 15020 } } }\n`],
    ],
  },
  {
    code: 'hook-missing',
    about: 'a postStart that nobody calls',
    edits: [NO_POST_START],
    at: 'name: app\n',
    right: [NO_POST_START, NO_POST_START_TASKS],
    beside: [],
  },
  {
    code: 'container-unknown',
    about: 'a name with a typo',
    edits: [[POST_STOP_TASK, `${POST_STOP_TASK}      proxi:\n        postStart: []\n        preStop: []\n`]],
    at: 'proxi:',
    right: [
      [POST_STOP_TASK, `${POST_STOP_TASK}      proxy:\n        postStart: []\n        preStop: []\n`],
      [
        HOOK_OF_PROXY,
        `${HOOK_OF_PROXY}          lifecycle:
            postStart: { httpGet: { path: /poststart/proxy, port: 9740 } }
            preStop: { httpGet: { path: /prestop/proxy, port: 9740 } }\n`,
      ],
    ],
  },
  {
    code: 'hook-on-sidecar',
    about: "Hookkeeper's own preStop",
    edits: [[NATIVE, `${NATIVE}          lifecycle: { preStop: { sleep: { seconds: 30 } } }\n`]],
    at: 'preStop: { sleep',
    right: [
      [
        NATIVE,
        `${NATIVE}          lifecycle: { postStart: { exec: { command: [/bin/true] } }, preStop: { httpGet: { path: /prestop/hookkeeper, port: 9740 } } }\n`,
      ],
    ],
  },
  {
    code: 'prestop-sleep',
    about: 'a container that sleeps',
    edits: [
      [HOOK_OF_PROXY, `${HOOK_OF_PROXY}          lifecycle: { preStop: { exec: { command: [sh, -c, sleep 15] } } }\n`],
    ],
    at: 'preStop: { exec',
    right: [
      [
        HOOK_OF_PROXY,
        `${HOOK_OF_PROXY}          lifecycle: { postStart: { exec: { command: [sh, -c, sleep 15] } } }\n`,
      ],
    ],
  },
  {
    code: 'prestop-exec',
    about: 'a command of its own',
    edits: [
      [
        PRE_STOP,
        '            preStop:\n              exec: { command: [curl, "http://127.0.0.1:9740/prestop/app"] }\n',
      ],
    ],
    at: 'preStop:\n              exec',
    right: [],
  },
  {
    code: 'sidecar-missing',
    about: 'hooks without Hookkeeper',
    edits: [
      ['name: hookkeeper', 'name: sidecar'],
      ['registry.example/hookkeeper:0.1.0', 'registry.example/logger:1'],
      ['HOOKKEEPER_GRACE_PERIOD', 'GRACE_PERIOD'],
      ['HOOKKEEPER_POD_UID', 'POD_UID'],
    ],
    at: 'postStart:\n              httpGet',
    beside: ['config-unknown'],
    right: [
      ['name: hookkeeper', 'name: sidecar'],
      ['HOOKKEEPER_GRACE_PERIOD', 'GRACE_PERIOD'],
      ['registry.example/hookkeeper:0.1.0', 'registry.example:5000/tools/hookkeeper@sha256:0123'],
      ['            - name: HOOKKEEPER_POD_UID', '            - name: HOOKKEEPER_POD_UID # the one that is left'],
    ],
  },
  {
    code: 'sidecar-twice',
    about: 'a second one',
    edits: [[HOOK_OF_PROXY, '        - name: proxy\n          image: registry.example/hookkeeper:0.1.0\n']],
    at: 'name: proxy',
    right: [
      [
        HOOK_OF_PROXY,
        '        - name: proxy\n          image: registry.example/hookkeeper:0.1.0\n          args: [snapshots]\n',
      ],
    ],
  },
  {
    code: 'sidecar-regular',
    about: 'a regular container',
    edits: [...REGULAR, NO_POST_START, NO_POST_START_TASKS],
    at: 'name: hookkeeper',
    beside: ['config'],
    right: [],
  },
  {
    code: 'job-regular',
    about: 'a regular container in a Job',
    edits: [AS_JOB, ...REGULAR, NO_POST_START, NO_POST_START_TASKS],
    at: 'name: hookkeeper',
    beside: ['config'],
    right: [AS_JOB],
  },
  {
    code: 'sidecar-init',
    about: 'an init container that never ends',
    edits: [[NATIVE, '']],
    at: 'name: hookkeeper',
    right: [],
  },
  {
    code: 'sidecar-order',
    about: 'another native sidecar before it',
    edits: [[SIDECAR_FIRST, `${SIDECAR_FIRST}        - { name: setup, image: registry.example/setup:1 }\n${MESH}`]],
    at: 'name: hookkeeper',
    right: [
      [SIDECAR_FIRST, `${SIDECAR_FIRST}        - { name: setup, image: registry.example/setup:1 }\n`],
      ['      containers:\n', `${MESH}      containers:\n`],
    ],
  },
  {
    code: 'poststart-race',
    about: 'a regular sidecar that nobody waits for',
    edits: REGULAR,
    at: 'postStart:\n              httpGet',
    beside: ['sidecar-regular'],
    right: [],
  },
  {
    code: 'sidecar-told-otherwise',
    about: 'a native sidecar that is told to be regular',
    edits: [['    grace: { period: 45s', '    lifecycle: { sidecar: regular }\n    grace: { period: 45s']],
    at: 'regular }',
    right: [['    grace: { period: 45s', '    lifecycle: { sidecar: native }\n    grace: { period: 45s']],
  },
  {
    code: 'startup-probe',
    about: 'a native sidecar that nobody waits for',
    edits: [['          startupProbe:\n            httpGet: { path: /readyz, port: 9741 }\n', '']],
    at: 'name: hookkeeper',
    right: [],
  },
  {
    code: 'liveness-probe',
    about: 'a liveness probe',
    edits: [[NATIVE, `${NATIVE}          livenessProbe: { httpGet: { path: /livez, port: 9741 } }\n`]],
    at: 'livenessProbe',
    right: [[NATIVE, `${NATIVE}          readinessProbe: { httpGet: { path: /readyz, port: 9741 } }\n`]],
  },
  {
    code: 'probe-target',
    about: 'the hook port by its name',
    edits: [['{ path: /readyz, port: 9741 }', '{ path: /readyz, port: hooks }']],
    at: 'hooks }\n          securityContext',
    right: [
      ['{ path: /readyz, port: 9741 }', '{ path: /readyz, port: ops }'],
      ['containerPort: 9740 }\n', 'containerPort: 9740 }\n            - { name: ops, containerPort: 9741 }\n'],
    ],
  },
  {
    code: 'grace-shorter',
    about: 'a shorter grace period',
    edits: [['terminationGracePeriodSeconds: 45', 'terminationGracePeriodSeconds: 40']],
    at: 'terminationGracePeriodSeconds',
    right: [
      ['terminationGracePeriodSeconds: 45', 'terminationGracePeriodSeconds: 40'],
      ['value: "45"', 'value: "40"'],
    ],
  },
  {
    code: 'grace-longer',
    about: 'a longer grace period',
    edits: [['terminationGracePeriodSeconds: 45', 'terminationGracePeriodSeconds: 60']],
    at: 'terminationGracePeriodSeconds',
    right: [
      ['terminationGracePeriodSeconds: 45', 'terminationGracePeriodSeconds: 60'],
      ['value: "45"', 'value: 1m'],
    ],
  },
  {
    code: 'grace-plan',
    about: 'a grace period that the critical tasks do not fit into',
    edits: [['terminationGracePeriodSeconds: 45', 'terminationGracePeriodSeconds: 20']],
    at: 'terminationGracePeriodSeconds',
    beside: ['grace-shorter'],
    right: [],
  },
  {
    code: 'grace-probe',
    about: 'a probe with a shorter grace period',
    edits: [
      [
        '            - { name: http, containerPort: 8080 }\n',
        '            - { name: http, containerPort: 8080 }\n          livenessProbe: { terminationGracePeriodSeconds: 10, tcpSocket: { port: 8080 } }\n',
      ],
    ],
    at: 'terminationGracePeriodSeconds: 10',
    right: [
      [
        HOOK_OF_PROXY,
        `${HOOK_OF_PROXY}          livenessProbe: { terminationGracePeriodSeconds: 10, tcpSocket: { port: 8080 } }\n`,
      ],
    ],
  },
  {
    code: 'journal-volume',
    about: "a journal in the container's own files",
    edits: [['            - { name: journal, mountPath: /var/lib/hookkeeper }\n', '']],
    at: 'name: hookkeeper',
    right: [['mountPath: /var/lib/hookkeeper }', 'mountPath: /var/lib/ }']],
  },
  {
    code: 'journal-memory',
    about: 'a journal in memory',
    edits: [['{ name: journal, emptyDir: {} }', '{ name: journal, emptyDir: { medium: Memory } }']],
    at: 'medium: Memory',
    right: [['{ name: journal, emptyDir: {} }', '{ name: journal, emptyDir: { sizeLimit: 10Mi } }']],
  },
  {
    code: 'journal-shared',
    about: 'one volume for all pods',
    edits: [['{ name: journal, emptyDir: {} }', '{ name: journal, persistentVolumeClaim: { claimName: journal } }']],
    at: '{ name: journal, mountPath',
    right: [
      ['{ name: journal, emptyDir: {} }', '{ name: journal, persistentVolumeClaim: { claimName: journal } }'],
      ['mountPath: /var/lib/hookkeeper }', 'mountPath: /var/lib/hookkeeper, subPathExpr: $(POD) }'],
    ],
  },
  {
    code: 'pod-uid',
    about: 'no UID',
    edits: [
      [
        '            - name: HOOKKEEPER_POD_UID\n              valueFrom: { fieldRef: { fieldPath: metadata.uid } }\n',
        '',
      ],
    ],
    at: 'name: hookkeeper',
    right: [
      [
        '            - name: HOOKKEEPER_POD_UID\n              valueFrom: { fieldRef: { fieldPath: metadata.uid } }\n',
        '          envFrom: [{ configMapRef: { name: more } }]\n',
      ],
    ],
  },
  {
    code: 'pod-name',
    about: 'a host name that is not the name',
    edits: [['      terminationGrace', '      hostname: web\n      terminationGrace']],
    at: 'name: hookkeeper',
    right: [
      ['      terminationGrace', '      hostname: web\n      terminationGrace'],
      [
        '            - name: HOOKKEEPER_POD_UID\n',
        '            - { name: HOOKKEEPER_POD_NAME, valueFrom: { fieldRef: { fieldPath: metadata.name } } }\n            - name: HOOKKEEPER_POD_UID\n',
      ],
    ],
  },
  {
    code: 'pod-name-literal',
    about: "somebody else's name",
    edits: [
      [
        '            - name: HOOKKEEPER_POD_UID\n',
        '            - { name: HOOKKEEPER_POD_NAME, value: web-0 }\n            - name: HOOKKEEPER_POD_UID\n',
      ],
    ],
    at: '{ name: HOOKKEEPER_POD_NAME',
    right: [
      [
        '            - name: HOOKKEEPER_POD_UID\n',
        '            - { name: HOOKKEEPER_POD_NAME, valueFrom: { fieldRef: { fieldPath: metadata.name } } }\n            - name: HOOKKEEPER_POD_UID\n',
      ],
    ],
  },
  {
    code: 'config-volume',
    about: 'a config on no volume',
    edits: [['            - { name: hooks, mountPath: /etc/hookkeeper }\n', '']],
    at: 'name: hookkeeper',
    beside: ['config-unknown'],
    right: [],
  },
  {
    code: 'config-subpath',
    about: 'a config that never changes',
    edits: [['mountPath: /etc/hookkeeper }', 'mountPath: /etc/hookkeeper/hooks.yaml, subPath: hooks.yaml }']],
    at: 'subPath',
    right: [],
  },
  {
    code: 'token-volume',
    about: 'a token that is nowhere',
    edits: [
      TOKEN_FILE,
      [
        'path: /poststart/app',
        'path: /poststart/app\n                httpHeaders: [{ name: Authorization, value: Bearer x }]',
      ],
      [PATH, `${PATH}\n                httpHeaders: [{ name: Authorization, value: Bearer x }]`],
    ],
    at: 'tokenFile',
    right: [
      TOKEN_FILE,
      [
        'path: /poststart/app',
        'path: /poststart/app\n                httpHeaders: [{ name: Authorization, value: Bearer x }]',
      ],
      [PATH, `${PATH}\n                httpHeaders: [{ name: Authorization, value: Bearer x }]`],
      ['            - { name: data, mountPath: /data }', '            - { name: data, mountPath: /run/secrets/hooks }'],
    ],
  },
  {
    code: 'pid-namespace',
    about: 'a signal to a process that cannot be seen',
    edits: [task('{ name: quit, signal: { to: { name: nginx }, send: QUIT }, timeout: 5s }')],
    at: 'signal: {',
    right: [
      task('{ name: quit, signal: { to: { name: nginx }, send: QUIT }, timeout: 5s }'),
      ['      terminationGrace', '      shareProcessNamespace: true\n      terminationGrace'],
    ],
  },
  {
    code: 'signal-user',
    about: 'a process of another user',
    edits: [
      task('{ name: quit, signal: { to: { name: nginx }, send: QUIT }, timeout: 5s }'),
      ['      terminationGrace', '      shareProcessNamespace: true\n      terminationGrace'],
      [
        '          image: registry.example/web:1\n',
        '          image: registry.example/web:1\n          securityContext: { runAsUser: 101 }\n',
      ],
    ],
    at: 'signal: {',
    right: [
      task('{ name: quit, signal: { to: { name: nginx }, send: QUIT }, timeout: 5s }'),
      [
        '      terminationGrace',
        '      shareProcessNamespace: true\n      securityContext: { runAsUser: 101 }\n      terminationGrace',
      ],
      [
        '          image: registry.example/web:1\n',
        '          image: registry.example/web:1\n          securityContext: { runAsUser: 101 }\n',
      ],
    ],
  },
  {
    code: 'task-path',
    about: 'snapshots on no volume',
    edits: [task('{ name: copy, snapshot: { source: /data, destination: /snapshots }, timeout: 5s }')],
    at: 'destination',
    severity: 'error',
    right: [task('{ name: copy, snapshot: { source: /data/db/*, destination: /data/snapshots }, timeout: 5s }')],
  },
  {
    code: 'snapshot-shared',
    about: 'one name for the snapshots of all pods',
    edits: [THREE, task('{ name: copy, snapshot: { source: /data, destination: s3://backups/team }, timeout: 5s }')],
    at: 'destination',
    right: [
      THREE,
      task('{ name: copy, snapshot: { source: /data, destination: s3://backups, name: "{hostname}" }, timeout: 5s }'),
    ],
  },
  {
    code: 'program-hidden',
    about: 'scripts at the folder of its program',
    edits: [
      [
        '{ name: data, mountPath: /data }\n',
        '{ name: data, mountPath: /data }\n            - { name: data, mountPath: /usr/local/bin/ }\n',
      ],
    ],
    at: 'mountPath: /usr/local/bin',
    right: [
      [
        '{ name: data, mountPath: /data }\n',
        '{ name: data, mountPath: /data }\n            - { name: data, mountPath: /usr/local/bin/x, subPath: x }\n',
      ],
    ],
  },
  {
    code: 'port-clash',
    about: 'a port of the app that is ours',
    edits: [['containerPort: 8080', 'containerPort: 9741']],
    at: '9741 }\n          lifecycle',
    right: [],
  },
  {
    code: 'node-ports',
    about: "a pod in its node's network that lists the hook port alone",
    edits: [...ON_NODE, ['            - { name: ops, containerPort: 9741 }\n', '']],
    at: 'name: hookkeeper',
    right: ON_NODE,
  },
  {
    code: 'pod-windows',
    about: 'a node selector',
    edits: [[SIDECAR_FIRST, `      nodeSelector: { kubernetes.io/os: windows }\n${SIDECAR_FIRST}`]],
    at: 'windows',
    right: [[SIDECAR_FIRST, `      nodeSelector: { kubernetes.io/os: linux }\n${SIDECAR_FIRST}`]],
  },
  {
    code: 'qos-class',
    about: 'a pod that is Guaranteed without Hookkeeper',
    edits: [GUARANTEED_APP, GUARANTEED_PROXY],
    at: 'name: hookkeeper',
    right: [
      GUARANTEED_APP,
      GUARANTEED_PROXY,
      [NATIVE, `${NATIVE}          resources: { limits: { cpu: 100m, memory: 128Mi } }\n`],
    ],
  },
  {
    code: 'istio-rewrite',
    about: "annotations for Istio's proxy",
    edits: [[LABELS, `${LABELS}      annotations: { ${EXCLUDED} }\n`]],
    at: '{ traffic.sidecar',
    right: [[LABELS, `${LABELS}      annotations: { ${EXCLUDED}, sidecar.istio.io/rewriteAppHTTPProbers: "false" }\n`]],
  },
  {
    code: 'config',
    about: 'a duration without a unit in the ConfigMap',
    edits: [['            sleep: 5s\n', '            sleep: 5\n']],
    at: '5\n          - name: save',
    right: [],
  },
  {
    code: 'config-key',
    about: 'a ConfigMap with another key',
    edits: [['  hooks.yaml: |', '  config.yaml: |']],
    at: 'data:\n  config.yaml',
    right: [
      ['  hooks.yaml: |', '  config.yaml: |'],
      [
        'configMap: { name: web-hooks }',
        'configMap: { name: web-hooks, items: [{ key: config.yaml, path: hooks.yaml }] }',
      ],
    ],
  },
  {
    code: 'config-unknown',
    about: 'a ConfigMap that is not among the files',
    edits: [['configMap: { name: web-hooks }', 'configMap: { name: other-hooks }']],
    at: 'name: hookkeeper',
    right: [],
  },
  {
    code: 'unusable',
    about: 'a template',
    edits: [['name: web\n', 'name: {{ .Release.Name }}\n']],
    at: '{{ .Release',
    right: [],
  },
];
