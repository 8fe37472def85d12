import type { Sightings } from '../../src/hooks/evidence.ts';

const blind = (source: string) =>
  ({ kind: 'blind', why: `there is no ${source}`, remedy: `have a ${source}` }) as const;

/** Where no source can tell anything. */
export const BLIND: Sightings = { process: blind('namespace'), api: blind('token'), sockets: blind('port') };
