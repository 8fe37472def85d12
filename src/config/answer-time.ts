/** Kept from the end of the working time for recording and answering, in ms; a tenth of a working time that is very short. */
const ANSWER_MS = 250;

/** What of `workMs` is kept for recording the end and for the answer, in ms: tasks have the rest. */
export function answerTimeMs(workMs: number): number {
  return Math.min(ANSWER_MS, workMs / 10);
}
