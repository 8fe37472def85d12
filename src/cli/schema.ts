import * as z from 'zod/mini';
import { configSchema } from '../config/schema.ts';
import type { ActionFacts } from '../config/task-kind.ts';
import type { TaskTable } from '../config/task-table.ts';

export interface SchemaInput<A extends ActionFacts> {
  readonly table: TaskTable<A>;
  readonly write: (text: string) => void;
}

/** `hookkeeper schema`: prints the JSON Schema of the config file, for editors. Returns the exit code. */
export function schema<A extends ActionFacts>({ table, write }: SchemaInput<A>): 0 {
  write(`${JSON.stringify(jsonSchemaOf(table), undefined, 2)}\n`);
  return 0;
}

/** The JSON Schema (draft-07) of a config whose tasks are made of `table`, made from the schema that reads it. */
export function jsonSchemaOf<A extends ActionFacts>(table: TaskTable<A>): Readonly<Record<string, unknown>> {
  const { $schema, ...rest } = z.toJSONSchema(configSchema(table).whole, { io: 'input', target: 'draft-07' });
  return {
    $schema,
    $id: 'urn:hookkeeper:config:1',
    title: 'Hookkeeper config',
    description:
      'What Hookkeeper does when Kubernetes calls the postStart and preStop hooks of the containers of a pod.',
    ...rest,
  };
}
