import type { FoundHandler } from './handler.finder.ts';

/**
 * Two handlers of one name for one type cannot be told apart by a ledger or an inbox. If their types differ, only people mix them up.
 *
 * @throws Error that names both methods and the fix.
 */
export function checkNames(handlers: readonly FoundHandler[], onWarning: (message: string) => void): void {
  handlers.forEach((one, index) => {
    for (const other of handlers.slice(index + 1)) {
      if (nameOf(one) !== nameOf(other)) continue;
      const type = sharedType(one, other);
      const isSameMethod = one.provider === other.provider && one.methodName === other.methodName;
      if (type === undefined && isSameMethod) continue;
      const both = `named "${nameOf(one)}": ${describe(one)} and ${describe(other)}`;
      if (type !== undefined) {
        throw new Error(
          `Two handlers for ${type === '*' ? 'every event' : `"${type}"`} are ${both}. A retry could not tell which of them is ` +
            `done. Give one of them another name: @OnShowpadEvent('${type}', { name: '…' }).`,
        );
      }
      onWarning(
        `Two handlers are ${both}. Logs and dead letters do not tell them apart. Give one of them another name: ` +
          "@OnShowpadEvent(type, { name: '…' }).",
      );
    }
  });
}

/** The name by which a handler is remembered. */
export function nameOf(handler: FoundHandler): string {
  return handler.metadata.name ?? methodNameOf(handler);
}

/** The class and the method, by which people find a handler. */
export function methodNameOf({ provider, methodName }: FoundHandler): string {
  return `${provider.name}.${methodName}`;
}

/** The method, and the module that provides its class, because two classes may have one name. */
function describe(handler: FoundHandler): string {
  return `${methodNameOf(handler)} of ${handler.wrapper.host?.name ?? 'a module'}`;
}

function sharedType({ metadata: one }: FoundHandler, { metadata: other }: FoundHandler): string | undefined {
  if (one.types === '*' || other.types === '*') return one.types === other.types ? '*' : undefined;
  return one.types.find((type) => other.types.includes(type));
}
