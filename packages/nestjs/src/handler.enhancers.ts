const FILTERS = '__exceptionFilters__';
const ENHANCERS = ['__guards__', '__interceptors__', '__pipes__', FILTERS] as const;

/**
 * Rejects enhancers that Nest would skip silently, which could be a guard. Nest creates the enhancers of classes that it
 * creates itself, and not those of objects that come from a factory or a value.
 *
 * @throws Error that names the handler and the enhancer.
 */
export function checkEnhancers(
  handlerName: string,
  targets: readonly object[],
  isCreated: (enhancer: EnhancerClass) => boolean,
): void {
  const used = targets.flatMap((target) =>
    ENHANCERS.flatMap((key): unknown[] => Reflect.getMetadata(key, target) ?? []),
  );
  const skipped = used.find(
    (enhancer) => typeof enhancer === 'function' && !isCreated(enhancer as EnhancerClass),
  );
  if (skipped === undefined) return;
  const { name } = skipped as EnhancerClass;
  const [className] = handlerName.split('.');
  throw new Error(
    `${handlerName} uses ${name}, but Nest did not create ${name} for it, so it would not run. Provide the class of the ` +
      `handler itself, as in providers: [${className}], or pass an instance of ${name} to the decorator.`,
  );
}

export function hasFilters(target: object): boolean {
  return Reflect.hasMetadata(FILTERS, target);
}

type EnhancerClass = abstract new (...args: never[]) => object;
