import { formatSentence, HIDDEN, type Problem } from '../config/problem.ts';
import type { Place } from './part.ts';

/** Something that is wrong with a manifest, or with the config that it goes with. */
export interface ManifestFinding {
  /** Stable: pipelines may go by it. `docs/findings.md` has a section for each. */
  readonly code: string;
  readonly severity: 'error' | 'warning';
  readonly place: Place;
  /** A sentence: what is there, and what comes of it. Holds no secret. */
  readonly message: string;
  /** The lines to write instead, or what to do where no lines would do; may have several lines. */
  readonly fix: string;
  /** True where its line may hold a secret, and so is not shown. Default: false. */
  readonly hidden?: boolean;
}

/** In the order of the files, each once: workloads that share a config share what is wrong with it. */
export function inOrder(findings: readonly ManifestFinding[], files: readonly string[]): ManifestFinding[] {
  const seen = new Set<string>();
  const once = findings.filter(({ code, place, message }) => {
    const key = JSON.stringify([code, place, message]);
    return !seen.has(key) && seen.add(key);
  });
  const rank = ({ file }: Place) => (files.includes(file) ? files.indexOf(file) : files.length);
  return once.toSorted(({ place: a }, { place: b }) => rank(a) - rank(b) || a.line - b.line || a.column - b.column);
}

/** A problem of a config as a finding. */
export function configFinding(problem: Problem, place: Place): ManifestFinding {
  const message = formatSentence({ ...problem, remedy: '' }).replace(/[,:] $/, '');
  const { severity, remedy: fix, value } = problem;
  return { code: 'config', severity, place, message, fix, hidden: value === HIDDEN };
}
