import type { TakeSettings } from '../../../src/tasks/snapshot/take.ts';

/** A snapshot of one folder, with the defaults of the config. */
export function takeSettings(source: string, destination: string): TakeSettings {
  return {
    sources: [source],
    shownSources: [source],
    fetched: [],
    exclude: [],
    destination,
    name: 'app',
    format: 'tar.zst',
    level: 3,
    limitBytesPerS: undefined,
    keep: 3,
    minBytes: 0,
    minFiles: 0,
    onSmaller: 'keepBoth',
    smallerThan: 0.5,
    about: { hook: 'preStop', container: 'app', run: 'run-1', task: 'save' },
  };
}
