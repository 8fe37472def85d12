import { Document, isMap, isSeq, parse } from 'yaml';

/** The name of the task that is made to fail. */
export const FAILING_TASK = 'fails-in-rehearsal';

/** The config with one more task at the end of a container's postStart: it fails until a file is there. */
export function withFailingStart(text: string, container: string, file: string): string {
  // What an alias stands for gets the task where the alias is, and nowhere else.
  const document = new Document(parse(text), { aliasDuplicateObjects: false });
  const hook = document.getIn(['containers', container, 'postStart']);
  const tasks = isMap(hook) ? hook.get('tasks') : hook;
  const task = { name: FAILING_TASK, waitFor: { file }, timeout: '300ms' };
  if (isSeq(tasks)) tasks.add(document.createNode(task));
  else document.setIn(['containers', container, 'postStart'], [task]);
  return document.toString();
}
