import type { Type } from '@nestjs/common';

// A class that no module provides is known to nobody but its own decorators. The references are weak, so that it can go.
const classes = new Set<WeakRef<Type<object>>>();

/** Notes that a class has a decorated method. */
export function noteDecorated(decorated: Type<object>): void {
  for (const known of classes) {
    const other = known.deref();
    if (other === decorated) return;
    if (other === undefined) classes.delete(known);
  }
  classes.add(new WeakRef(decorated));
}

/** The decorated classes that are neither among the given ones nor a base of any. */
export function findUnprovided(provided: readonly Type<object>[]): readonly Type<object>[] {
  return [...classes]
    .map((reference) => reference.deref())
    .filter((decorated) => decorated !== undefined)
    .filter((decorated) => !provided.some((each) => each === decorated || isBase(decorated, each)));
}

function isBase(base: Type<object>, derived: Type<object>): boolean {
  return Object.prototype.isPrototypeOf.call(base.prototype, derived.prototype);
}
