import type { ManifestFinding } from '../manifests/finding.ts';
import { visibleJson } from '../observe/visible-text.ts';
import type { UnreadFile } from './manifest-files.ts';

/** What `--output json` prints: `{findings: [{code, severity, file, line, message, fix}]}`. */
export function findingsJson(findings: readonly ManifestFinding[]): string {
  const plain = findings.map(({ code, severity, place: { file, line }, message, fix }) => {
    return { code, severity, file, line, message, fix };
  });
  return `${visibleJson({ findings: plain })}\n`;
}

/** A file that cannot be read, as a finding. */
export function unreadable({ file, reason, remedy }: UnreadFile): ManifestFinding {
  const message = `the file cannot be read: ${reason}`;
  const place = { file, line: 1, column: 1 };
  return { code: 'unusable', severity: 'error', place, message, fix: remedy ?? 'check its name, and who may read it' };
}
