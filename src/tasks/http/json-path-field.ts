import * as z from 'zod/mini';
import { onDemand } from '../../config/on-demand.ts';
import { parseJsonPath } from './json-path.ts';

/** The schema of a JSON path: text in; the text, and the path that it is, out. */
export const jsonPathField = onDemand(() =>
  z.pipe(
    z.string(),
    z.transform((text, context) => {
      const parsed = parseJsonPath(text);
      if (parsed.ok) return { text, path: parsed.path };
      const params = { remedy: 'write for instance $.node_id or $.nodes[0]["node id"]' };
      context.issues.push({ code: 'custom', input: text, message: parsed.reason, params });
      return z.NEVER;
    }),
  ),
);
