/** What is wrong with how the process was started, in sentences; it serves all the same. `pid` is its own. */
export function startWarnings(pid: number): string[] {
  if (pid !== 1) return [];
  return [
    'hookkeeper is PID 1 of its container, which has to reap every orphan of a task, and Node.js reaps none: they stay as zombies. Start it under tini, as the image does: /usr/bin/tini -- hookkeeper serve',
  ];
}
