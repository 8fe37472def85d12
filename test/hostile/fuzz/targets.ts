import { archives } from './archives.ts';
import { graces, parserErrors, requests } from './headers.ts';
import { port } from './port.ts';
import type { Target } from './target.ts';
import { config, durations, journal, manifests, prometheus, sockets } from './texts.ts';

/** All that is fuzzed. */
export const TARGETS: readonly Target[] = [
  config,
  journal,
  sockets,
  prometheus,
  archives,
  manifests,
  durations,
  requests,
  graces,
  parserErrors,
  port,
];
