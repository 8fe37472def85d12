/** Which snapshots are good, and which may go: pure. */
import { type Counts, countsText } from './census.ts';

/** What a snapshot that is smaller than the last good one means. */
export const ON_SMALLER = ['keepBoth', 'fail', 'allow'] as const;

export interface SizeRules {
  readonly minBytes: number;
  readonly minFiles: number;
  readonly onSmaller: (typeof ON_SMALLER)[number];
  /** Fewer files or bytes than this share of the last good one's is smaller; above 0, so that none at all always is, and at most 1. */
  readonly smallerThan: number;
}

type Size = Pick<Counts, 'files' | 'bytes'>;

export type Judgement =
  | { readonly kind: 'good' }
  /** It is kept, but does not replace the last good one. */
  | { readonly kind: 'beside'; readonly why: string }
  | { readonly kind: 'refused'; readonly why: string };

/** Judges a new snapshot against the rules and the last good one, if there is one. */
export function judge(size: Size, last: Size | undefined, rules: SizeRules): Judgement {
  if (size.files < rules.minFiles || size.bytes < rules.minBytes) {
    const least = `minFiles ${rules.minFiles} and minBytes ${rules.minBytes}`;
    return { kind: 'refused', why: `has only ${countsText(size)}, less than ${least} ask for` };
  }
  if (last === undefined || rules.onSmaller === 'allow') return { kind: 'good' };
  const smaller = isSmaller(size.files, last.files, rules) || isSmaller(size.bytes, last.bytes, rules);
  if (!smaller) return { kind: 'good' };
  const why = `has only ${countsText(size)}, and the last good one ${countsText(last)}`;
  return { kind: rules.onSmaller === 'fail' ? 'refused' : 'beside', why };
}

function isSmaller(now: number, before: number, { smallerThan }: SizeRules): boolean {
  return now < before * smallerThan;
}

/** A snapshot as it lies in its folder. */
export interface Kept {
  readonly file: string;
  readonly takenAtMs: number;
  /** Whether it counts as good: whole as far as its manifest tells, and not smaller than the good one before it. */
  readonly good: boolean;
}

/**
 * What may be removed, oldest first: of the good ones all but the newest `keep`, and of the others, too, so that neither
 * kind pushes the other out. The newest good one always stays.
 */
export function removable(snapshots: readonly Kept[], keep: number): string[] {
  const newestFirst = snapshots.toSorted((a, b) => b.takenAtMs - a.takenAtMs);
  const beyond = (good: boolean) => newestFirst.filter((each) => each.good === good).slice(keep);
  return [...beyond(true), ...beyond(false)].toSorted((a, b) => a.takenAtMs - b.takenAtMs).map(({ file }) => file);
}
