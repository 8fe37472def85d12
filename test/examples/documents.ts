import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';

export const EXAMPLES = join(import.meta.dirname, '..', '..', 'k8s-examples');

/** A Kubernetes object of an example, or of what kustomize made of one. */
export interface KubernetesObject {
  readonly where: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly value: unknown;
}

/** The objects of a text with one or many YAML documents. Throws for one that is no object. */
export function objectsOf(text: string, where: string): KubernetesObject[] {
  return parseAllDocuments(text).map((document) => {
    const value: unknown = document.toJS();
    const [apiVersion, kind] = [document.get('apiVersion'), document.get('kind')];
    if (document.errors.length > 0 || typeof apiVersion !== 'string' || typeof kind !== 'string') {
      throw new Error(`${where} is no Kubernetes object: ${document.errors.map(({ message }) => message).join('; ')}`);
    }
    return { where, apiVersion, kind, value };
  });
}

/** The manifests of all examples; not what kustomize alone reads, nor the configs of Hookkeeper. */
export function exampleObjects(): KubernetesObject[] {
  return readdirSync(EXAMPLES, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.yaml') && !/(^|\/)(hooks|kustomization)\.yaml$|\/component\//.test(file))
    .sort()
    .flatMap((file) => objectsOf(readFileSync(join(EXAMPLES, file), 'utf8'), file));
}
