/** What happens to the journal: the one source of its log lines and metrics. */
export type JournalEvent =
  /** It can be used. `runs` it has; `interrupted` of them were claimed by a process that is dead. */
  | { readonly type: 'opened'; readonly path: string; readonly runs: number; readonly interrupted: number }
  /** A file that this process can't go on with was renamed, so that nothing of it is lost. */
  | { readonly type: 'movedAside'; readonly from: string; readonly to: string; readonly why: string }
  /** The oldest of too many files moved aside was removed. */
  | { readonly type: 'removed'; readonly path: string }
  /** Runs are in memory only from now on, or the reason for it changed. */
  | { readonly type: 'degraded'; readonly reason: string }
  /** A write did not work; what it should have written is in memory. */
  | { readonly type: 'writeFailed'; readonly reason: string }
  /** All of memory is on the disk again. */
  | { readonly type: 'recovered' }
  | { readonly type: 'written'; readonly bytes: number; readonly durationMs: number };

export type OnJournalEvent = (event: JournalEvent) => void;
