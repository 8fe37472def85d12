import { error, type Finding, warning } from './finding.ts';
import type { KnownHook, KnownPart } from './known-hooks.ts';
import { formatPath, type Path, showValue } from './problem.ts';
import type { ActionFacts, Kept, Sought } from './task-kind.ts';

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
  return [...findings, ...checkSought(hooks, keepers)];
}

/** What is looked for where tasks of the file keep something, but nothing of that name, is most often never found. */
function checkSought<A extends ActionFacts>(hooks: readonly KnownHook<A>[], keepers: readonly Keeper[]): Finding[] {
  const seekers = hooks.flatMap(({ path, parts }) => parts.flatMap((part) => seekerOf(part, String(path[1]))));
  return seekers.flatMap((seeker) => {
    const names = keepers.filter(({ place }) => place === seeker.place).map(({ name }) => name);
    return names.length === 0 || names.includes(seeker.name) ? [] : otherName(seeker, new Set(names));
  });
}

function keeperOf({ path, part }: KnownPart, container: string): Keeper[] {
  const kept = part.keeps?.(container);
  return kept === undefined ? [] : [{ ...kept, path }];
}

interface Seeker extends Sought {
  readonly path: Path;
}

function seekerOf({ path, part }: KnownPart, container: string): Seeker[] {
  const sought = part.seeks?.(container);
  return sought === undefined ? [] : [{ ...sought, path }];
}

function keyOf({ place, name }: Sought): string {
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

function otherName({ name, path }: Seeker, kept: ReadonlySet<string>): Finding {
  return warning({
    path,
    rule: 'should look for a name that a task of this file keeps there',
    value: showValue(name, []),
    remedy: `write name: ${[...kept].map((each) => JSON.stringify(each)).join(' or ')}, unless another pod keeps it`,
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
