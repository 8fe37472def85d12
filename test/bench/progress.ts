/** Tells people on stderr how far it is: one line that changes on a terminal, else one line a row. */
export function progressOf(
  row: string,
  rounds: number,
): { readonly done: (count: number) => void; readonly clear: () => void } {
  const { stderr } = process;
  if (!stderr.isTTY) {
    stderr.write(`measuring ${row}, ${rounds} rounds\n`);
    return { done() {}, clear() {} };
  }
  const rewrite = (text: string) => stderr.write(`\r\u001b[K${text}`);
  return {
    done: (count) => rewrite(`measuring ${row}: round ${count + 1} of ${rounds}`),
    clear: () => rewrite(''),
  };
}
