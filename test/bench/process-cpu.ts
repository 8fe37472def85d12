import { readdirSync, readFileSync } from 'node:fs';

/** The processor time that the threads of a process have had, in ms. Throws where there is no such process. Source: proc(5), schedstat. */
export function cpuMsOf(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  const nanoseconds = threads.map((thread) =>
    Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]),
  );
  return nanoseconds.reduce((sum, each) => sum + each, 0) / 1e6;
}
