/** A text that is longer than `columns` as lines that are not, with its words, those after the first behind an indent. A word that is longer than a line is cut into several. */
export function wrapWords(text: string, columns: number, indent = ''): string[] {
  if (text.length <= columns) return [text];
  const lines: string[] = [];
  let line = '';
  const room = () => Math.max(1, columns - (lines.length === 0 ? 0 : indent.length));
  const push = (done: string) => lines.push(lines.length === 0 ? done : indent + done);
  // What stands before the first word is kept: a list has its own indent.
  for (const word of text.match(/^\s*\S+|\S+/g) ?? []) {
    let rest = word;
    if (line !== '' && line.length + 1 + rest.length > room()) {
      push(line);
      line = '';
    }
    while (rest.length > room()) {
      const part = rest.slice(0, room());
      push(part);
      rest = rest.slice(part.length);
    }
    line = line === '' ? rest : `${line} ${rest}`;
  }
  if (line !== '') push(line);
  return lines;
}
