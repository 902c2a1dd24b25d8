const FILTERS = '__exceptionFilters__';
const ENHANCERS = ['__guards__', '__interceptors__', '__pipes__', FILTERS] as const;

/**
 * Refuses what Nest would skip in silence, a guard among it: Nest makes the enhancers of classes that it makes
 * itself, and not those of what a factory or a value provides.
 *
 * @throws Error naming the handler and the enhancer.
 */
export function checkEnhancers(
  handlerName: string,
  targets: readonly object[],
  isMade: (enhancer: EnhancerClass) => boolean,
): void {
  const used = targets.flatMap((target) =>
    ENHANCERS.flatMap((key): unknown[] => Reflect.getMetadata(key, target) ?? []),
  );
  const unmade = used.find(
    (enhancer) => typeof enhancer === 'function' && !isMade(enhancer as EnhancerClass),
  );
  if (unmade === undefined) return;
  const { name } = unmade as EnhancerClass;
  throw new Error(
    `${handlerName} uses ${name}, which Nest did not make, so it would not run. Provide the handler's class ` +
      `itself, as in providers: [${handlerName.split('.')[0]}], or pass an instance of ${name}.`,
  );
}

export function hasFilters(target: object): boolean {
  return Reflect.hasMetadata(FILTERS, target);
}

type EnhancerClass = abstract new (...args: never[]) => object;
