import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { isMap, parseAllDocuments, parseDocument } from 'yaml';
import { loadConfig } from '../../src/config/load.ts';
import { systemClock, wait } from '../../src/hooks/clock.ts';
import { startChild } from '../../src/rehearse/child.ts';
import { freePort } from '../../src/rehearse/free-port.ts';
import { taskTable } from '../../src/tasks/table.ts';
import { type Reply, request } from '../helpers/request.ts';
import { within } from '../helpers/within.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const FOLDER = join(ROOT, 'k8s-examples', 'quickstart');
const read = (name: string) => readFileSync(join(FOLDER, name), 'utf8');

const [service, deployment] = parseAllDocuments(read('deployment.yaml'));
const template: unknown = deployment?.getIn(['spec', 'template']);
if (!isMap(template)) throw new Error('deployment.yaml has no pod template');
const whole: unknown = JSON.parse(JSON.stringify(template));
const kustomization: unknown = parseDocument(read('kustomization.yaml')).toJS();
const spec = (...path: (string | number)[]) => template.getIn(['spec', ...path]);

const config = loadConfig({ text: read('hooks.yaml'), file: 'hooks.yaml', table: taskTable, env: {} });

const RESTRICTED = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
};

describe('the quickstart', () => {
  it('has a config without an error or a warning', () => {
    expect(config.ok ? config.warnings : config.problems).toEqual([]);
  });

  it('has the same grace period in the pod, in its environment and in the config', () => {
    const seconds = spec('terminationGracePeriodSeconds');
    expect(spec('initContainers', 0, 'env', 0, 'name')).toBe('HOOKKEEPER_GRACE_PERIOD');
    expect(spec('initContainers', 0, 'env', 0, 'value')).toBe(String(seconds));
    expect(config.ok && config.config.grace).toMatchObject({ periodMs: Number(seconds) * 1000, source: 'config' });
  });

  it('has Hookkeeper as a native sidecar that is first, is waited for, and is never restarted for being slow', () => {
    expect(whole).toMatchObject({
      spec: {
        initContainers: [
          { name: 'hookkeeper', restartPolicy: 'Always', startupProbe: { httpGet: { path: '/readyz', port: 9741 } } },
        ],
      },
    });
    expect(template.hasIn(['spec', 'initContainers', 0, 'livenessProbe'])).toBe(false);
  });

  it('calls the hooks of a container that the config knows, on the port by its number', () => {
    const name = String(spec('containers', 0, 'name'));
    expect(config.ok && config.config.containers.get(name)).toMatchObject({ postStart: {}, preStop: {} });
    expect(whole).toMatchObject({
      spec: {
        containers: [
          {
            lifecycle: {
              postStart: { httpGet: { path: `/poststart/${name}`, port: 9740 } },
              preStop: { httpGet: { path: `/prestop/${name}`, port: 9740 } },
            },
          },
        ],
      },
    });
  });

  it('has a Service that finds the pods, at the port by its name', () => {
    const labels: unknown = JSON.parse(JSON.stringify(template.getIn(['metadata', 'labels'])));
    expect(service?.toJS()).toMatchObject({ spec: { selector: labels, ports: [{ targetPort: 'http' }] } });
    expect(deployment?.toJS()).toMatchObject({ spec: { selector: { matchLabels: labels } } });
    expect(whole).toMatchObject({ spec: { containers: [{ ports: [{ name: 'http' }] }] } });
  });

  it('gives Hookkeeper its config, its pod UID, and a journal that outlives the container', () => {
    expect(whole).toMatchObject({
      spec: {
        initContainers: [
          {
            env: [{}, { name: 'HOOKKEEPER_POD_UID', valueFrom: { fieldRef: { fieldPath: 'metadata.uid' } } }],
            volumeMounts: [
              { name: 'hooks', mountPath: '/etc/hookkeeper' },
              { name: 'journal', mountPath: '/var/lib/hookkeeper' },
            ],
          },
        ],
        volumes: [{ name: 'hooks' }, { name: 'app' }, { name: 'journal', emptyDir: {} }],
      },
    });
  });

  it('passes the Pod Security Standard "restricted", within 128Mi', () => {
    expect(whole).toMatchObject({
      spec: {
        securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: 'RuntimeDefault' } },
        initContainers: [
          {
            securityContext: RESTRICTED,
            resources: { requests: { cpu: '10m', memory: '64Mi' }, limits: { memory: '128Mi' } },
          },
        ],
        containers: [{ securityContext: RESTRICTED }],
      },
    });
  });

  it('makes the ConfigMaps that the pod names from the files beside it', () => {
    expect(kustomization).toMatchObject({
      resources: ['deployment.yaml'],
      components: ['app'],
      configMapGenerator: [{ name: spec('volumes', 0, 'configMap', 'name'), files: ['hooks.yaml'] }],
      generatorOptions: { disableNameSuffixHash: true },
    });
    const component: unknown = parseDocument(read('app/kustomization.yaml')).toJS();
    const name = spec('volumes', 1, 'configMap', 'name');
    expect(component).toMatchObject({ kind: 'Component', configMapGenerator: [{ name, files: ['app.mjs'] }] });
    const folder = String(spec('containers', 0, 'volumeMounts', 0, 'mountPath'));
    expect(spec('containers', 0, 'command', 1)).toBe(`${folder}/app.mjs`);
  });

  it('uses the image of this version', () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    expect(spec('initContainers', 0, 'image')).toBe(`hookkeeper:${version}`);
    expect(read('README.md')).toContain(`docker build -t hookkeeper:${version} .`);
  });

  it('has an app that answers, drains, saves, and ends on SIGTERM', async () => {
    const port = await freePort(Math.random);
    const app = startChild(process.execPath, [join(FOLDER, 'app', 'app.mjs')], { PORT: String(port) });
    onTestFinished(() => app.kill('SIGKILL'));
    const statusOf = (reply: Reply) => (reply.kind === 'answered' ? reply.status : undefined);
    const health = async () => statusOf(await request({ port, path: '/healthz' }));
    const healthy = async () => {
      while ((await health()) !== 200) await wait(systemClock, 20, new AbortController().signal);
    };
    await within('the app', healthy());
    expect(statusOf(await request({ port, path: '/admin/drain' }))).toBe(404);
    expect(statusOf(await request({ port, path: '/admin/drain', method: 'POST' }))).toBe(200);
    expect(await health()).toBe(503);
    expect(statusOf(await request({ port, path: '/admin/save', method: 'POST' }))).toBe(200);
    app.kill('SIGTERM');
    expect(await within('the end of the app', app.exited)).toEqual({ code: 0, signal: null });
  });
});
