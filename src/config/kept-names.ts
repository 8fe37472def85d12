import { error, type Finding } from './finding.ts';
import type { KnownHook, KnownPart } from './known-hooks.ts';
import { formatPath, type Path, showValue } from './problem.ts';
import type { ActionFacts, Kept } from './task-kind.ts';

interface Keeper extends Kept {
  readonly path: Path;
}

/**
 * What is kept under a name is found again by the name alone: tasks of the whole file that keep different things in one place must
 * not share one. The same thing, kept by both hooks or for several containers, may have one name.
 */
export function checkKeptNames<A extends ActionFacts>(hooks: readonly KnownHook<A>[]): Finding[] {
  const keepers = hooks.flatMap(({ path, parts }) => parts.flatMap((part) => keeperOf(part, String(path[1]))));
  const first = new Map<string, Keeper>();
  const taken = new Set(keepers.map(keyOf));
  const findings: Finding[] = [];
  for (const keeper of keepers) {
    const other = first.get(keyOf(keeper));
    if (other === undefined) first.set(keyOf(keeper), keeper);
    else if (other.content !== keeper.content) findings.push(sameName(keeper, other, freeName(keeper, taken)));
  }
  return findings;
}

function keeperOf({ path, part }: KnownPart, container: string): Keeper[] {
  const kept = part.keeps?.(container);
  return kept === undefined ? [] : [{ ...kept, path }];
}

function keyOf({ place, name }: Pick<Kept, 'place' | 'name'>): string {
  return JSON.stringify([place, name]);
}

function sameName({ name, path }: Keeper, other: Keeper, free: string): Finding {
  return error({
    path,
    rule: 'must have a name of its own in this destination, as other data is kept under it',
    value: `${showValue(name, [])} (that of ${formatPath(other.path)}, too)`,
    remedy: `write name: "${free}" here and in its restore`,
  });
}

/** A name with placeholders that no task of the file has in this place; from now on it is taken. */
function freeName({ place, word, fill }: Keeper, taken: Set<string>): string {
  const wanted = word === '' ? '{container}' : `{container}-${word}`;
  let name = wanted;
  const key = () => keyOf({ place, name: fill(name) });
  for (let number = 2; taken.has(key()); number += 1) name = `${wanted}-${number}`;
  taken.add(key());
  return name;
}
