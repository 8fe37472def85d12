import * as z from 'zod/mini';
import type { ImageConfig } from './container.ts';

const inspected = z.object({
  OCIv1: z.object({
    config: z.object({
      User: z.string(),
      Env: z.array(z.string()),
      Entrypoint: z.array(z.string()),
      Cmd: z.array(z.string()),
      Labels: z.record(z.string(), z.string()),
    }),
  }),
});

/** What `buildah inspect --type image` prints, decoded. */
export function imageConfig(value: unknown): ImageConfig {
  const { User, Env, Entrypoint, Cmd, Labels } = inspected.parse(value).OCIv1.config;
  const env = Env.map((line): [string, string] => {
    const at = line.indexOf('=');
    return [line.slice(0, at), line.slice(at + 1)];
  });
  return { user: User, env: Object.fromEntries(env), entrypoint: Entrypoint, command: Cmd, labels: Labels };
}
