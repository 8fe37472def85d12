import type { ManifestFinding } from './finding.ts';
import type { Place } from './part.ts';
import type { PodView } from './pod-view.ts';

/** One break of a rule. */
export interface Broken {
  readonly place: Place;
  /** What is there, and what comes of it; without the workload's name, which is put before it. */
  readonly message: string;
  /** The lines to write instead. */
  readonly fix: string;
  /** Where this one is less or more than its rule's severity. */
  readonly severity?: ManifestFinding['severity'];
}

/** One thing that must hold for every pod. The documentation is made from it. */
export interface Rule {
  /** Stable, as pipelines go by it. */
  readonly code: string;
  readonly severity: ManifestFinding['severity'];
  /** What must hold, as a sentence. */
  readonly rule: string;
  /** Why: what Kubernetes does otherwise. Sentences. */
  readonly reason: string;
  /** Looks at one pod. Says nothing about what it can't know. */
  find(view: PodView): readonly Broken[];
}

/** The lines of a fix. */
export function lines(...text: readonly string[]): string {
  return text.join('\n');
}
