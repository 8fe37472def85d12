import { redactSecrets } from '../observe/clean-text.ts';

/** JSON for the ops port: what looks like a secret in any of its texts is taken out. */
export function shownJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, withoutSecrets, indent);
}

function withoutSecrets(_key: string, value: unknown): unknown {
  return typeof value === 'string' ? redactSecrets(value) : value;
}
