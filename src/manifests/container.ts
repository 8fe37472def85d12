import type { Part } from './part.ts';

/** One container of a pod. */
export interface Container {
  readonly part: Part;
  readonly name: string;
  /** `native`: an init container that is restarted, which runs beside the app; `init`: one that has to end first. */
  readonly role: 'regular' | 'native' | 'init';
  /** Its place in its list. */
  readonly index: number;
}

/** All containers of a pod: init containers first, as they are started. */
export function containersOf(spec: Part): Container[] {
  const ofList = (list: string, role: (part: Part) => Container['role']) =>
    spec
      .at(list)
      .items()
      .map((part, index) => ({ part, name: part.at('name').text ?? '', role: role(part), index }));
  return [
    ...ofList('initContainers', (part) => (part.at('restartPolicy').text === 'Always' ? 'native' : 'init')),
    ...ofList('containers', () => 'regular'),
  ];
}

/** What is known of an environment variable before the container runs. */
export type Variable =
  | { readonly state: 'absent' }
  | { readonly state: 'literal'; readonly text: string; readonly part: Part }
  /** It comes from elsewhere: `valueFrom`, `envFrom`, or another variable. */
  | { readonly state: 'unknown'; readonly part: Part };

/** Looks a variable up; of several with one name the last counts. */
export function variableOf(container: Part, name: string): Variable {
  const part = container
    .at('env')
    .items()
    .findLast((item) => item.at('name').text === name);
  if (part === undefined) {
    const from = container.at('envFrom');
    return from.items().length === 0 ? { state: 'absent' } : { state: 'unknown', part: from };
  }
  if (part.at('valueFrom').exists) return { state: 'unknown', part };
  const text = part.at('value').written;
  return text.includes('$(') ? { state: 'unknown', part } : { state: 'literal', text, part };
}

/** The words of `command` and `args`; a shell's script is taken apart at its spaces. */
export function wordsOf(container: Part): string[] {
  return ['command', 'args'].flatMap((list) =>
    container
      .at(list)
      .items()
      .flatMap((item) => item.written.split(/\s+/))
      .filter((word) => word !== ''),
  );
}
