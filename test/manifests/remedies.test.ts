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
const appMounts = (mount: string): Edit => [APP_IMAGE, `${APP_IMAGE}          volumeMounts: [${mount}]\n`];
const touches = (file: string): Edit => [FLUSH, `          - { name: mark, file: { touch: ${file} }, timeout: 5s }\n`];

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
    about: 'the volume that Hookkeeper has already, for writing',
    code: 'task-path',
    wrong: [touches('/data/down'), [SIDECAR_DATA, '            - { name: data, mountPath: /data, readOnly: true }\n']],
    fix: ['# hookkeeper', 'volumeMounts:', '  - { name: data, mountPath: /data } # not readOnly'],
    follow: [['mountPath: /data, readOnly: true }', 'mountPath: /data }']],
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
});
