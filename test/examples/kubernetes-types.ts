import { execFile } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '../helpers/temporary-folder.ts';
import type { KubernetesObject } from './documents.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** The module that has the type of an object; undefined for a kind that Kubernetes itself does not have. */
function moduleOf({ apiVersion, kind }: KubernetesObject): string | undefined {
  if (/^(monitoring\.coreos\.com|kustomize)/.test(apiVersion)) return undefined;
  return `kubernetes-models/${apiVersion}/${kind}`;
}

/**
 * What Kubernetes' own types, made of its OpenAPI description, say against these objects: missing fields, wrong types, and
 * names that they do not know, which no server would tell of. The TypeScript compiler is the validator.
 */
export async function typeErrors(objects: readonly KubernetesObject[]): Promise<string[]> {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'src'));
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const known = objects.flatMap((object) => {
    const module = moduleOf(object);
    return module === undefined ? [] : [{ ...object, module }];
  });
  if (known.length === 0) throw new Error('no object has a type: nothing was checked');
  const files = known.map(({ kind, module, value }, index) => {
    const text = `import type { I${kind} } from '${module}';\nexport const object: I${kind} = ${JSON.stringify(value, undefined, 2)};\n`;
    return writeFile(join(folder, 'src', `object-${index}.ts`), text);
  });
  await Promise.all(files);
  const compilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    module: 'esnext',
    moduleResolution: 'bundler',
  };
  await writeFile(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: { ...compilerOptions, types: [] }, include: ['src'] }),
  );
  const said = await new Promise<string>((resolve) => {
    execFile(join(ROOT, 'node_modules', '.bin', 'tsc'), ['--project', folder, '--pretty', 'false'], (_error, stdout) =>
      resolve(stdout),
    );
  });
  return said
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.replace(/^.*object-(\d+)\.ts/, (_all, index) => known[Number(index)]?.where ?? ''));
}
