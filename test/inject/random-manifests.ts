import { Document, isCollection, isMap, isNode, visit } from 'yaml';
import type { Random } from '../helpers/random.ts';

const KINDS = ['Pod', 'Deployment', 'CronJob', 'StatefulSet', 'Service'] as const;

/** Several documents, each in its own style, as different people would have written them. */
export function randomManifests(random: Random): string {
  const pick = (...values: readonly (string | number)[]) => values[Math.floor(random() * values.length)];
  const objects = Array.from({ length: 1 + Math.floor(random() * 3) }, (_, index) => randomObject(random, index));
  const list = () => ({ apiVersion: 'v1', kind: 'List', items: objects });
  if (random() < 0.25) {
    const text = JSON.stringify(
      objects.length === 1 && random() < 0.6 ? objects[0] : list(),
      undefined,
      pick(0, 2, 4, '\t'),
    );
    return `${text}${pick('', '\n')}`;
  }
  const roots = random() < 0.3 ? [list()] : objects;
  const texts = roots.map((root) => randomYaml(root, random));
  const marked = texts.map((text, index) =>
    index > 0 || random() < 0.3 ? `---${pick('', ' # next')}\n${text}` : text,
  );
  const text = `${pick('', '# a file\n', '\n')}${marked.join('')}`;
  const ended = random() < 0.2 ? text.trimEnd() : text;
  return random() < 0.2 ? ended.replaceAll('\n', '\r\n') : ended;
}

function randomYaml(root: unknown, random: Random): string {
  const document = new Document(root);
  visit(document, {
    Node(key, node) {
      if (key === null) return;
      if (isCollection(node) && random() < 0.08) node.flow = true;
      if (isNode(node) && random() < 0.08) node.comment = ' beside';
    },
    Pair(_, { key }) {
      if (isNode(key) && random() < 0.08) key.commentBefore = ' above';
      if (isNode(key) && random() < 0.05) key.spaceBefore = true;
    },
  });
  if (isMap(document.contents)) document.contents.flow = false;
  return document.toString({ indentSeq: random() < 0.5, indent: random() < 0.8 ? 2 : 4, lineWidth: 0 });
}

function randomObject(random: Random, index: number): object {
  const kind = KINDS[Math.floor(random() * KINDS.length)] ?? 'Pod';
  const metadata = { name: `web-${index}`, ...(random() < 0.3 ? { namespace: 'shop' } : {}) };
  if (kind === 'Service') return { apiVersion: 'v1', kind, metadata, spec: { ports: [{ port: 80 }] } };
  const template = { metadata: { labels: { app: 'web' } }, spec: randomSpec(random) };
  if (kind === 'Pod') return { apiVersion: 'v1', kind, metadata, spec: template.spec };
  const spec = { template };
  return kind === 'CronJob'
    ? { apiVersion: 'batch/v1', kind, metadata, spec: { schedule: '* * * * *', jobTemplate: { spec } } }
    : { apiVersion: 'apps/v1', kind, metadata, spec };
}

function randomSpec(random: Random): object {
  const maybe = (share: number, entries: object) => (random() < share ? entries : {});
  const empty = () => (random() < 0.5 ? [] : null);
  const container = (name: string) => ({
    name,
    image: `registry.example/${name}:1`,
    ...maybe(0.3, { args: ['a\tb', 'line\nline\n', 'more\n\n\n', '- dash', '# no comment'] }),
    ...maybe(0.3, { lifecycle: random() < 0.5 ? {} : null }),
    ...maybe(0.1, { lifecycle: { preStop: null } }),
    ...maybe(0.1, { lifecycle: { stopSignal: 'SIGUSR1' } }),
    ...maybe(0.1, { lifecycle: { preStop: { httpGet: { path: `/prestop/${name}`, port: 9740 } } } }),
    ...maybe(0.3, { ports: [{ containerPort: 8080 }] }),
  });
  const entries = Object.entries({
    ...maybe(0.2, { initContainers: empty() }),
    ...maybe(0.3, {
      initContainers: [
        { name: 'first', image: 'x' },
        { name: 'second', image: 'y', command: ['a'] },
      ],
    }),
    containers: [
      container('app'),
      ...(random() < 0.4 ? [container('b')] : []),
      ...(random() < 0.2 ? [container('c')] : []),
    ],
    ...maybe(0.2, { volumes: empty() }),
    ...maybe(0.3, {
      volumes: [
        { name: 'tmp', emptyDir: {} },
        { name: 'x', configMap: { name: 'x' } },
      ],
    }),
    ...maybe(0.1, { volumes: [{ name: 'hookkeeper-journal', emptyDir: {} }] }),
    ...maybe(0.3, { hostNetwork: true }),
    ...maybe(0.5, { terminationGracePeriodSeconds: 45 }),
    ...maybe(0.3, { securityContext: {} }),
  });
  return Object.fromEntries(entries.toSorted(() => random() - 0.5));
}
