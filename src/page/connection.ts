import { changed, type StatusView } from '../observe/status-view.ts';
import { parseStatusChange } from '../observe/status-view-codec.ts';

/** What is known of the service, and whether it is still told. */
export interface Known {
  readonly status: StatusView | undefined;
  readonly connected: boolean;
  /** How far the clock of the service is ahead of ours, in ms. */
  readonly aheadMs: number;
}

/** A browser gives a stream up when it is refused; then it is tried again, in ms. */
const RETRY_MS = 3000;

/** Follows the service for as long as the page is open; tells whenever something is new. */
export function follow(onKnown: (known: Known) => void): void {
  let known: Known = { status: undefined, connected: false, aheadMs: 0 };
  const tell = (news: Partial<Known>) => {
    known = { ...known, ...news };
    onKnown(known);
  };
  const connect = () => {
    const source = new EventSource('events');
    // A new stream begins with everything: a service that was started anew may know other runs.
    let runs: StatusView['runs'] = [];
    source.onopen = () => {
      runs = [];
    };
    source.addEventListener('change', (event: MessageEvent<unknown>) => {
      const change = typeof event.data === 'string' ? parseStatusChange(event.data) : undefined;
      if (change === undefined) return;
      const status = changed(runs, change);
      runs = status.runs;
      tell({ status, connected: true, aheadMs: change.nowMs - Date.now() });
    });
    source.onerror = () => {
      tell({ connected: false });
      if (source.readyState !== EventSource.CLOSED) return;
      setTimeout(connect, RETRY_MS);
    };
  };
  connect();
}
