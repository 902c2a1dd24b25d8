import type { HandlerTarget } from './handler.ts';

export interface HandlerName {
  readonly name: string;
  /** Where the name comes from: the option, the function or, if neither has one, the place of the handler. */
  readonly source: 'option' | 'function' | 'place';
}

export interface PossibleNames {
  readonly option: string | undefined;
  readonly function: string;
}

/** Names a handler that comes after others of the same target. */
export function nameHandler(target: HandlerTarget, otherCount: number, names: PossibleNames): HandlerName {
  const place = typeof target === 'object' ? target.type : target;
  if (names.option) return { name: names.option, source: 'option' };
  // An arrow function in the option "on" is named for its event type, which does not tell it from its neighbours.
  if (names.function && names.function !== place) return { name: names.function, source: 'function' };
  return { name: otherCount === 0 ? place : `#${otherCount + 1}`, source: 'place' };
}

/**
 * True if a build tool seems to have made the name, so that the next build may give it to another function. Such names are `e`,
 * `e.handle`, `handle$1`, and `handle` next to `handle2`.
 */
export function isMadeByBuild({ name, source }: HandlerName, others: readonly HandlerName[]): boolean {
  if (source !== 'function') return false;
  const ownName = firstPart(name);
  if (ownName.length <= 2 || /\$\d+$/.test(ownName)) return true;
  const otherNames = others
    .filter((other) => other.source === 'function')
    .map((other) => firstPart(other.name));
  return otherNames.some((other) => isNumbered(ownName, other) || isNumbered(other, ownName));
}

/** What is remembered of a handler whose name only its own process can trust. The mark is random for each process. */
export function identityInProcess(name: string, mark: string): string {
  return `${name}@${mark}`;
}

/** True for what `identityInProcess` made, in whatever process. */
export function isOfOneProcess(identity: string): boolean {
  return /@[\da-f]{8}$/.test(identity);
}

/** The function's name, or the class of a method. */
function firstPart(name: string): string {
  return name.replace(/^bound /, '').split('.', 1)[0] as string;
}

function isNumbered(name: string, base: string): boolean {
  return name.startsWith(base) && /^\d+$/.test(name.slice(base.length));
}
