import * as z from 'zod/mini';
import { configSchema } from '../config/schema.ts';
import type { ActionFacts, TaskKind } from '../config/task-kind.ts';

export interface SchemaInput<A extends ActionFacts> {
  readonly kinds: readonly TaskKind<A>[];
  readonly write: (text: string) => void;
}

/** `hookkeeper schema`: prints the JSON Schema of the config file, for editors. Returns the exit code. */
export function schema<A extends ActionFacts>({ kinds, write }: SchemaInput<A>): 0 {
  write(`${JSON.stringify(jsonSchemaOf(kinds), undefined, 2)}\n`);
  return 0;
}

/** The JSON Schema (draft-07) of a config whose tasks are of `kinds`, made from the schema that reads it. */
export function jsonSchemaOf<A extends ActionFacts>(kinds: readonly TaskKind<A>[]): Readonly<Record<string, unknown>> {
  const { $schema, ...rest } = z.toJSONSchema(configSchema(kinds).whole, { io: 'input', target: 'draft-07' });
  return {
    $schema,
    $id: 'urn:hookkeeper:config:1',
    title: 'Hookkeeper config',
    description:
      'What Hookkeeper does when Kubernetes calls the postStart and preStop hooks of the containers of a pod.',
    ...rest,
  };
}
