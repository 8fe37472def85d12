import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkManifests } from '../../src/manifests/check-manifests.ts';
import { taskTable } from '../../src/tasks/table.ts';

const GOOD = readFileSync(join(import.meta.dirname, '..', 'fixtures', 'manifests', 'good.yaml'), 'utf8');
const FLUSH = '          - name: flush\n            exec: { command: [/scripts/flush.sh] }\n            timeout: 10s\n';
const SAVE = '          - { name: copy, snapshot: { source: /data, destination: /data/saved }, timeout: 5s }\n';
const CLAIM = '{ persistentVolumeClaim: { claimName: one } }';

/** The codes of what is found where the journal and the snapshots lie on volumes like this, in a workload of this kind. */
function findingsOf(kind: string, spec: string, volume: string): string[] {
  const text = GOOD.replace('kind: Deployment', `kind: ${kind}`)
    .replace('spec:\n  selector:', `spec:\n  ${spec}\n  selector:`)
    .replace(FLUSH, SAVE)
    .replace('- { name: journal, emptyDir: {} }', volume.replace('{ ', '- { name: journal, '))
    .replace('- { name: data, emptyDir: {} }', volume.replace('{ ', '- { name: data, '));
  const read = checkManifests({ manifests: [{ file: 'web.yaml', text }], config: undefined, table: taskTable });
  return read.findings.map(({ code }) => code);
}

describe('pods that find the same files', () => {
  it.each([
    ['Deployment', 'replicas: 3', CLAIM],
    ['StatefulSet', 'replicas: 3', CLAIM],
    ['DaemonSet', 'minReadySeconds: 1', CLAIM],
    ['Deployment', 'replicas: 3', '{ hostPath: { path: /srv } }'],
  ])('a %s with %s of which each has %s: one journal and one name of snapshots are found', (kind, spec, volume) => {
    expect(findingsOf(kind, spec, volume)).toEqual(['snapshot-shared', 'journal-shared']);
  });

  it('a Deployment of one pod: a new one runs beside the old one, and takes over its snapshots', () => {
    expect(findingsOf('Deployment', 'replicas: 1', CLAIM)).toEqual(['journal-shared']);
    expect(findingsOf('Deployment', 'minReadySeconds: 1', CLAIM)).toEqual(['journal-shared']);
  });

  it.each([
    ['StatefulSet', 'replicas: 1', CLAIM],
    ['StatefulSet', 'replicas: 3', '{ emptyDir: {} }'],
    ['DaemonSet', 'minReadySeconds: 1', '{ hostPath: { path: /srv } }'],
    ['Deployment', 'replicas: 3', '{ emptyDir: {} }'],
  ])('a %s with %s and %s: nothing is shared', (kind, spec, volume) => {
    expect(findingsOf(kind, spec, volume)).toEqual([]);
  });
});
